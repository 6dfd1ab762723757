package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class NgramIndexTest {
  @Test
  void aMatchIsWhatAReaderWouldFind() {
    var random = new SplittableRandom(1);
    for (int round = 0; round < 300; round++) {
      int shortest = 1 + random.nextInt(3);
      int longest = shortest + random.nextInt(6);
      int letters = 2 + random.nextInt(30);
      var index = new NgramIndex(shortest, longest, 3);
      // No more places than a search looks at, so that the reader may look at all.
      int[] text = random.ints(2 + random.nextInt(NgramIndex.LOOKS), 0, letters).toArray();
      for (int token : text) index.add(token);
      int found = index.search();
      Set<Integer> next = new HashSet<>();
      for (int i = 0; i < found; i++) {
        int place = index.place(i);
        assertEquals(common(text, place, longest), index.length(i));
        assertTrue(index.length(i) >= shortest);
        assertTrue(next.add(text[place]), "two matches with one next token");
        assertTrue(i == 0 || index.length(i) <= index.length(i - 1), "the longest comes first");
      }
      int best = 0;
      int latest = -1;
      for (int place = text.length - 1; place > 0; place--) {
        int common = common(text, place, longest);
        if (common < shortest || common <= best) continue;
        best = common;
        latest = place;
      }
      assertEquals(best > 0, found > 0);
      if (found > 0) {
        assertEquals(best, index.length(0));
        assertEquals(latest, index.place(0));
      }
    }
  }

  @Test
  void cuttingBackIsAsIfTheRestHadNeverCome() {
    var random = new SplittableRandom(2);
    var index = new NgramIndex(2, 8, 2);
    for (int round = 0; round < 200; round++) {
      int[] text = random.ints(1 + random.nextInt(250), 0, 4).toArray();
      int keep = random.nextInt(text.length + 1);
      index.cut(0);
      for (int token : text) index.add(token);
      index.cut(keep);
      var fresh = new NgramIndex(2, 8, 2);
      for (int i = 0; i < keep; i++) fresh.add(text[i]);
      for (int more = 0; more < 5; more++) {
        int found = index.search();
        assertEquals(fresh.search(), found);
        for (int i = 0; i < found; i++) {
          assertEquals(fresh.place(i), index.place(i));
          assertEquals(fresh.length(i), index.length(i));
        }
        int token = random.nextInt(4);
        index.add(token);
        fresh.add(token);
      }
    }
  }

  @Test
  void aTextOfOneTokenIsNoTrap() {
    var index = new NgramIndex(2, 16, 2);
    for (int i = 0; i < 50_000; i++) {
      index.add(7);
      if (i < 2) continue;
      assertEquals(1, index.search());
      assertEquals(i, index.place(0));
    }
  }

  private static int common(int[] text, int place, int longest) {
    int length = 0;
    while (length < Math.min(longest, place) && text[place - 1 - length] == text[text.length - 1 - length]) length++;
    return length;
  }
}
