package io.headrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.tensor.Kernels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people may say about activations, and what a model says of itself. */
class ActivationsTest {
  @Test
  void theyAreNamedAsPeopleWriteThem() {
    for (Activations each : Activations.values()) assertEquals(each, Activations.named(each.label()));
    var refused = assertThrows(IllegalArgumentException.class, () -> Activations.named("int4"));
    assertTrue(refused.getMessage().contains("int8, int16"), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "llama-q4_1,INT8,false,int8 per 32",
    "llama-q4_1,INT16,false,int16 per 32",
    "llama-q4_1,INT16,true,float32",
    "llama-f16,INT16,false,float32"
  })
  void theCardNamesWhatProductsRead(String name, Activations activations, boolean dequantise, String expected) {
    LoadOptions options = LoadOptions.withBlocks(4).withActivations(activations).withDequantise(dequantise);
    try (Kernels kernels = TestKernels.java(1);
        DecoderModel model = Runs.load(Golden.path("tiny/" + name + ".gguf"), kernels, options)) {
      assertEquals(expected, model.card().activations());
    }
  }
}
