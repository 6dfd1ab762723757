package io.headrace.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A way of decoding that cannot be is refused with the field and the reason, by every door. */
final class DecodingRefusalIT {
  private static RunningServer server;

  @BeforeAll
  static void start() throws IOException {
    server = Ways.start();
  }

  @AfterAll
  static void stop() {
    if (server != null) server.close();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      "lucky"                                                                 | decoding                | lucky
      {"strategy": "ngram", "most_drafted": 0}                                | decoding.most_drafted   | between 1 and 63
      {"strategy": "medusa", "acceptance": "kind"}                            | decoding.acceptance     | typical
      {"strategy": "specdec", "stop": "fixed", "threshold": 0.5}              | decoding.threshold      | no option
      {"strategy": "entropy"}                                                 | decoding.companion      | small, twin
      {"strategy": "companion", "name": "huge"}                               | decoding.name           | small, twin
      {"strategy": "fusion", "base": "small", "experts": ["huge"]}            | decoding.experts        | small, twin
      {"strategy": "cascade", "small": "huge"}                                | decoding.small          | small, twin
      {"strategy": "cascade", "small": "small", "judge": "meta"}              | decoding.judge          | cascade.references""")
  void whatCannotRunIsRefusedWithItsFieldAndTheReason(String decoding, String field, String reason) throws Exception {
    assertRefused(server, decoding, field, reason);
  }

  @Test
  void aServerWithoutHeadsAndCompanionsSaysWhatIsMissing() throws Exception {
    try (RunningServer bare = RunningServer.start("--set", "draft.heads=none")) {
      for (String way : Ways.ALL.keySet()) {
        if (Set.of("plain", "ngram", "auto").contains(way)) continue;
        assertRefused(bare, Ways.ALL.get(way), "decoding", Ways.BY_COMPANIONS.contains(way) ? "--companions" : "heads");
      }
      assertTrue(bare.ok("/v1/completions", "{\"prompt\": \"1, 2,\", \"max_tokens\": 4, \"decoding\": \"auto\"}").at("/usage/completion_tokens").asInt() > 0);
    }
  }

  private static void assertRefused(RunningServer server, String decoding, String field, String reason) throws Exception {
    for (String path : List.of("/v1/chat/completions", "/v1/completions")) {
      String prompt = path.contains("chat") ? "\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]" : "\"prompt\": \"x\"";
      HttpResponse<String> answer = server.post(path, "{%s, \"max_tokens\": 2, \"decoding\": %s}".formatted(prompt, decoding));
      assertEquals(400, answer.statusCode(), answer::body);
      JsonNode error = RunningServer.JSON.readTree(answer.body()).get("error");
      assertEquals(field, error.get("param").asText(), answer::body);
      assertTrue(error.get("message").asText().contains(reason), answer::body);
    }
  }
}
