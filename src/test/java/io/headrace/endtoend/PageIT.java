package io.headrace.endtoend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The page, used in headless Chromium. Skipped where Node, npm's playwright-core or Chromium is missing. */
final class PageIT {
  @TestFactory
  List<DynamicTest> thePageIsAChat() throws Exception {
    Path modules = NodeScript.modules("playwright-core");
    Path chromium = NodeScript.program("chromium", "chromium-browser", "google-chrome").orElse(null);
    Assumptions.assumeTrue(chromium != null, "chromium is not on the PATH");
    try (RunningServer server = RunningServer.start()) {
      return NodeScript.run(
          "page/page.mjs", Duration.ofMinutes(8), "http://127.0.0.1:" + server.port() + "/", modules.toString(), chromium.toString());
    }
  }
}
