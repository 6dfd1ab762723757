package io.headrace.decode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.headrace.generation.DecodingChoice;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class NgramDrafterTest {
  private static final FixedTerms FAR = FixedTerms.of(64, 0.02).reaching(100);

  private final Offer offer = new Offer();

  @Test
  void whatFollowedBeforeIsDrafted() {
    var text = new Text(1, 2, 3, 4, 5, 6, 9, 1, 2, 3);
    assertArrayEquals(new int[] {4, 5, 6, 9}, chain(new NgramDrafter(new DecodingChoice.Ngram(2, 8, 4)), text, 4));
  }

  @Test
  void theLongestMatchWinsOverTheLatest() {
    // "2 3" stands twice before; once with the 1 in front that stands at the end too.
    var text = new Text(1, 2, 3, 4, 8, 2, 3, 7, 7, 1, 2, 3);
    assertEquals(4, chain(new NgramDrafter(new DecodingChoice.Ngram(2, 8, 4)), text, 1)[0]);
    assertEquals(7, chain(new NgramDrafter(new DecodingChoice.Ngram(2, 2, 4)), text, 1)[0]);
  }

  @Test
  void aLoopIsDraftedAsFarAsWanted() {
    var text = new Text(5, 6, 7, 5, 6, 7, 5);
    assertArrayEquals(new int[] {6, 7, 5, 6, 7, 5, 6, 7}, chain(new NgramDrafter(new DecodingChoice.Ngram(2, 8, 8)), text, 8));
    assertArrayEquals(new int[] {7, 7, 7, 7, 7}, chain(new NgramDrafter(new DecodingChoice.Ngram(2, 8, 5)), new Text(7, 7, 7), 5));
  }

  @Test
  void aTextWithoutRepetitionIsOfferedNothing() {
    new NgramDrafter(DecodingChoice.Ngram.DEFAULT).offer(new Text(1, 2, 3, 4, 5), FAR, 7, offer);
    assertEquals(0, offer.size());
    new NgramDrafter(DecodingChoice.Ngram.DEFAULT).offer(new Text(1), FAR, 7, offer);
    assertEquals(0, offer.size());
  }

  @Test
  void anyTextYieldsASoundTreeWithinItsBounds() {
    var random = new SplittableRandom(3);
    for (int round = 0; round < 200; round++) {
      int drafted = 1 + random.nextInt(15);
      var drafter = new NgramDrafter(new DecodingChoice.Ngram(1 + random.nextInt(3), 8, drafted));
      var text = new Text(random.ints(40, 0, 3).toArray());
      var tree = new TokenTree(1);
      for (int step = 0; step < 60; step++) {
        int most = 1 + random.nextInt(drafted);
        int depth = 1 + random.nextInt(6);
        drafter.offer(text, FAR.reaching(depth), most, offer.clear());
        assertTrue(offer.size() <= most);
        int nodes = random.nextInt(offer.size() + 1);
        tree.root(text.token(text.size() - 1));
        drafter.draft(text, nodes, tree);
        assertEquals(1 + nodes, tree.size());
        for (int node = 1; node < tree.size(); node++) {
          assertTrue(tree.depth(node) <= depth);
          double above = tree.parent(node) == 0 ? 1 : offer.hope(tree.parent(node) - 1);
          assertTrue(offer.hope(node - 1) > 0 && offer.hope(node - 1) <= above, "a node is likelier than the one above it");
        }
        if (random.nextInt(20) == 0) drafter.rebase(text.size());
        for (int more = 1 + random.nextInt(3); more > 0; more--) text.add(random.nextInt(3));
      }
    }
  }

  @Test
  void itLearnsFromTokensThatWereNeverDrafted() {
    var copied = new NgramDrafter(DecodingChoice.Ngram.DEFAULT);
    var chance = new NgramDrafter(DecodingChoice.Ngram.DEFAULT);
    var random = new SplittableRandom(4);
    int[] passage = random.ints(200, 0, 1_000).toArray();
    var same = new Text(passage);
    var other = new Text(random.ints(200, 0, 3).toArray());
    same.add(passage[0]);
    same.add(passage[1]);
    for (int i = 2; i < 150; i++) {
      copied.offer(same, FAR, 7, offer.clear());
      same.add(passage[i]);
      chance.offer(other, FAR, 7, offer.clear());
      other.add(random.nextInt(3));
    }
    copied.offer(same, FAR, 7, offer.clear());
    assertTrue(offer.hope(6) > 0.8, "a copied passage goes on: " + offer.hope(6));
    chance.offer(other, FAR, 7, offer.clear());
    assertTrue(offer.hope(0) < 0.6 && offer.hope(offer.size() - 1) < 0.3, "chance does not: " + offer.hope(0));
  }

  @Test
  void aTokenCostsNoMemory() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Assumptions.assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
    var random = new SplittableRandom(5);
    int[] tokens = random.ints(60_000, 0, 50).toArray();
    var text = new Text(tokens);
    var growing = new Grown(text);
    var auto = new DraftedDecoding(new NgramDrafter(DecodingChoice.Ngram.DEFAULT), DraftPolicy.Hopeful.DEFAULT, 7);
    FixedTerms terms = FixedTerms.of(16, 0.05);
    for (growing.size = 1; growing.size < 40_000; growing.size++) auto.propose(growing, terms);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (; growing.size < 50_000; growing.size++) auto.propose(growing, terms);
    double perToken = (threads.getCurrentThreadAllocatedBytes() - before) / 10_000.0;
    assertTrue(perToken < 1, perToken + " bytes a token");
  }

  /** The beginning of a text. */
  private static final class Grown implements SequenceView {
    private final Text text;
    private int size;

    Grown(Text text) {
      this.text = text;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public int promptSize() {
      return 1;
    }

    @Override
    public int token(int index) {
      return text.token(index);
    }
  }

  private int[] chain(NgramDrafter drafter, Text text, int nodes) {
    drafter.offer(text, FAR, nodes, offer.clear());
    var tree = new TokenTree(1).root(text.token(text.size() - 1));
    drafter.draft(text, Math.min(nodes, offer.size()), tree);
    return Arrays.copyOfRange(tree.tokens(), 1, tree.size());
  }
}
