package io.headrace;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.BenchLines;
import io.headrace.bench.MachineSpeed;
import io.headrace.bench.Subject;
import io.headrace.bench.Workbench;
import io.headrace.bench.Workload;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A bench that measures when asked: a caller with rounds of its own, which measures something else in between, writes the name of a
 * shape, or {@code machine}, a line each, and reads a line of JSON for each. Ends with the input. Between requests it uses no processor.
 */
final class BenchRequests {
  private final ObjectMapper json = new ObjectMapper();
  private final Subject subject;
  private final Workbench bench;
  private final BufferedReader in;
  private final PrintStream out;

  BenchRequests(Subject subject, Workbench bench, BufferedReader in, PrintStream out) {
    this.subject = subject;
    this.bench = bench;
    this.in = in;
    this.out = out;
  }

  void serve() throws IOException {
    Map<String, @Nullable Object> ready = new LinkedHashMap<>();
    ready.put("line", "ready");
    ready.putAll(BenchLines.identity(subject));
    ready.put("kernels", subject.kernels().describe());
    ready.put("weightBytesRead", subject.demand().weightBytes());
    ready.put("kvBytesPerToken", subject.demand().kvBytesPerToken());
    say(ready);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (!line.isBlank()) say(answer(line.strip()));
    }
  }

  private Map<String, @Nullable Object> answer(String request) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    try {
      if (request.equals("machine")) {
        MachineSpeed speed = bench.machine();
        answer.put("line", "machine");
        answer.put("bandwidthGBs", speed.bandwidthGBs());
        answer.put("peakTops", speed.peakTops());
      } else {
        Workload load = Workload.named(request);
        double seconds = bench.once(load);
        answer.put("line", "time");
        answer.put("shape", load.name());
        answer.put("seconds", seconds);
        answer.put("value", load.value(seconds));
        answer.put("unit", load.unit());
      }
    } catch (IllegalArgumentException wrong) {
      answer.put("line", "error");
      answer.put("error", wrong.getMessage());
    }
    return answer;
  }

  private void say(Map<String, @Nullable Object> line) throws IOException {
    out.println(json.writeValueAsString(line));
    out.flush();
  }
}
