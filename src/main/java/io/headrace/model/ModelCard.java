package io.headrace.model;

/**
 * Facts of a loaded model.
 *
 * @param architecture the file's architecture field
 * @param name the file's display name, for people
 * @param parameters stored weights
 * @param weightBytes bytes of packed weights in memory
 * @param contextLength longest sequence, tokens
 * @param vocabulary logits per row
 * @param hiddenSize width of the residual stream
 * @param kvBytesPerToken bytes of keys and values one token holds, all layers
 * @param kernels what computes it, for people: tier and threads
 * @param activations how activations enter products: "int8 per 32", "int16 per 32" or "float32"
 * @param kvFormat how keys and values are held: "f16", "bf16" or "f32"
 * @param weights equal for models with equal weights, however they are computed with, hex
 * @param fingerprint equal for models whose keys and values are interchangeable, hex
 */
public record ModelCard(
    String architecture,
    String name,
    long parameters,
    long weightBytes,
    int layers,
    int contextLength,
    int vocabulary,
    int hiddenSize,
    long kvBytesPerToken,
    String kernels,
    String activations,
    String kvFormat,
    String weights,
    String fingerprint) {}
