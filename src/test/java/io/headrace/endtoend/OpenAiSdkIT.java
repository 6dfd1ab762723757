package io.headrace.endtoend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** OpenAI's own client talks to the server. Skipped where Node or npm's openai is missing. */
final class OpenAiSdkIT {
  @TestFactory
  List<DynamicTest> theOfficialClientUnderstandsTheServer() throws Exception {
    Path modules = NodeScript.modules("openai");
    try (RunningServer server = RunningServer.start()) {
      return NodeScript.run(
          "openai/sdk.mjs", Duration.ofMinutes(5), "http://127.0.0.1:" + server.port() + "/", modules.toString(), "smollm2-135m-instruct");
    }
  }
}
