package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.headrace.decode.Acceptance;
import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.ModelRows;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import io.headrace.testing.ScriptedModel;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wants another set of models for every token, proposes trees, and checks every row that it is given against the same model's answer to
 * the same text, computed at once.
 */
final class Wanderer implements DecodingStrategy {
  private final List<ScriptedModel> models;
  private final int seed;
  private final AtomicInteger checked;
  private final TokenTree tree = new TokenTree(4);
  private final Verdict verdict = new Verdict();
  private int[] text = {};
  private int wanted;
  private int step;

  Wanderer(List<ScriptedModel> models, int seed, AtomicInteger checked) {
    this.models = models;
    this.seed = seed;
    this.checked = checked;
    choose();
  }

  private void choose() {
    int hash = (seed + step++ / 3 * 0x9E3779B1) * 0x85EBCA6B;
    wanted = 1 + (hash >>> 8) % 7;
  }

  @Override
  public int models() {
    return wanted;
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    text = new int[sequence.size()];
    for (int i = 0; i < text.length; i++) text[i] = sequence.token(i);
    tree.root(text[text.length - 1]);
    for (int i = 0; i < 3 && tree.size() < terms.maxNodes(); i++) tree.add(step % 2 == 0 ? 0 : tree.size() - 1, (step * 7 + i) % TwoModels.VOCABULARY);
    return tree;
  }

  @Override
  public LogitRows combine(ModelRows rows) {
    int last = 0;
    for (int model = 0; model < models.size(); model++) {
      if ((wanted >> model & 1) == 0) continue;
      last = model;
      float[] row = new float[TwoModels.VOCABULARY];
      rows.of(model).copyRow(0, row);
      assertArrayEquals(models.get(model).answer(text), row);
      checked.incrementAndGet();
    }
    return rows.of(last);
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    Acceptance.drawAndMatch(tree, rows, picker, verdict);
    choose();
    return verdict;
  }

  @Override
  public void rebase(int committedTokens) {}

  @Override
  public Fidelity fidelity() {
    return Fidelity.APPROXIMATE;
  }

  @Override
  public int mostNodes() {
    return 4;
  }

  @Override
  public Strategy proposer() {
    return Strategy.ENTROPY;
  }
}
