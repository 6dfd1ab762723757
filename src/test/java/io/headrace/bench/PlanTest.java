package io.headrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which shapes a bench runs, how they are written, and where their keys and values lie. */
final class PlanTest {
  private static final List<Workload> STANDARD = WorkloadPlan.STANDARD.within(8192, 128, 64);

  @Test
  void everyNameReadsBackAsItsShape() {
    for (Workload load : STANDARD) assertEquals(load, Workload.named(load.name()));
    assertEquals(new Workload.Rows(8, 2048), Workload.named(" rows:8@2048 "));
  }

  @Test
  void wrongNamesAreRefusedWithTheWayToWriteThem() {
    for (String wrong : List.of("", "decode", "decode:3@4", "prefill@3", "prefill:0", "rows:8", "batch@256", "rows:-1@0", "sleep:1@2", "decode@99999999")) {
      var problem = assertThrows(IllegalArgumentException.class, () -> Workload.named(wrong), wrong);
      assertTrue(problem.getMessage().contains("rows:ROWS@DEPTH"), problem.getMessage());
    }
  }

  @Test
  void rowsOfADepthFollowOneAnotherBehindASingleRow() {
    List<List<Workload>> rows = Workbench.groups(STANDARD).stream().filter(group -> group.getFirst() instanceof Workload.Rows).toList();
    assertEquals(2, rows.size());
    for (List<Workload> group : rows) {
      assertEquals(List.of(1, 2, 4, 8, 16), group.stream().map(Workload::n).toList());
      assertEquals(1, new HashSet<>(group.stream().map(Workload::depth).toList()).size());
    }
  }

  @Test
  void nothingReachesBeyondTheWindowOrThePass() {
    for (int window : new int[] {16, 64, 300, 2048, 2080, 8192}) {
      for (Workload load : WorkloadPlan.STANDARD.within(window, 8, 16)) {
        assertTrue(load.reach() <= window, load.name());
        assertTrue(load.sequences() <= 16, load.name());
        assertTrue(!(load instanceof Workload.Rows) || load.n() <= 8, load.name());
      }
    }
    assertEquals(List.of(), WorkloadPlan.STANDARD.within(0, 8, 16));
  }

  @Test
  void onlyTheNamedShapesRun() {
    WorkloadPlan plan = new WorkloadPlan(Set.of("rows", "prefill"), List.of(7), List.of(5), List.of(3), List.of(2), 0);
    assertEquals(List.of("prefill:5", "rows:1@7", "rows:3@7"), plan.within(100, 8, 8).stream().map(Workload::name).toList());
  }

  @Test
  void badListsNameTheOption() {
    List<Integer> none = List.of();
    assertTrue(message(Set.of("sleep"), none, none).contains("--only names 'sleep'"));
    assertTrue(message(Set.of(), List.of(-1), none).contains("--depths must be at least 0, was -1"));
    assertTrue(message(Set.of(), none, List.of(0)).contains("--rows must be at least 1, was 0"));
  }

  private static String message(Set<String> what, List<Integer> depths, List<Integer> rows) {
    return assertThrows(IllegalArgumentException.class, () -> new WorkloadPlan(what, depths, List.of(), rows, List.of(), 0)).getMessage();
  }

  @Test
  void sequencesShareNoBlock() {
    BlockLayout layout = BlockLayout.of(STANDARD);
    Set<Integer> seen = new HashSet<>();
    for (int id : layout.deep()) assertTrue(seen.add(id));
    for (int s = 0; s < layout.sequences(); s++) {
      for (int id : layout.sequence(s)) assertTrue(seen.add(id));
    }
    assertEquals(layout.blocks(), seen.size());
    assertTrue(seen.stream().allMatch(id -> id >= 0 && id < layout.blocks()));
    for (Workload load : STANDARD) assertTrue(layout.holds(load), load.name());
    assertTrue(!layout.holds(new Workload.Batch(33, 0)) && !layout.holds(new Workload.Decode(4096)));
  }
}
