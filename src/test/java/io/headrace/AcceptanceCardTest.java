package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.headrace.decode.specdec.StopCard;
import io.headrace.train.AcceptanceJob;
import io.headrace.train.AcceptanceReport;
import io.headrace.train.HeadsJob;
import io.headrace.train.StopRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What training writes of stopping is what a server reads. */
final class AcceptanceCardTest {
  @TempDir Path folder;

  @Test
  void aServerReadsWhatTrainingWrites() throws IOException {
    assertEquals(AcceptanceReport.FEATURES, StopCard.FEATURES);
    var job = new AcceptanceJob(AcceptanceJob.FORMAT, 16, 1, 1, 4, 32, 3e-3, "1:1,4:1.2", 0.05, 3, 1);
    var heads = new HeadsJob(HeadsJob.FORMAT, "corpus", HeadsJob.Kind.CHAIN, 2, 2, 64, 32, 1, 256, 5e-3, 0.01, 0.8, 0.2, Long.MAX_VALUE, 1);
    float[] said = {0.9f, 0.6f, 0.2f};
    List<StopRules.Position> positions = List.of(new StopRules.Position(0, 2, said, said, said), new StopRules.Position(0, 0, said, said, said));
    List<StopRules.Play> plays = new StopRules(positions, 3, StopRules.costs(job.passCosts()), job.draftCost()).best();
    Files.writeString(folder.resolve("heads.json"), "{}");
    new AcceptanceReport(job, heads, 9, 0.5, plays, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>(), new float[6]).write(folder);
    StopCard card = StopCard.parse(Files.readAllBytes(folder.resolve("acceptance.json")));
    assertEquals("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", card.heads(), "the SHA-256 of heads.json");
    assertEquals(plays.get(5).parameter(), card.head());
    assertEquals(plays.get(3).parameter(), card.product());
    assertEquals(plays.get(2).parameter(), card.confidence());
  }
}
