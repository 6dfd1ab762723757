package io.headrace.intake;

import io.headrace.generation.GenerationEvent;
import io.headrace.generation.Strategy;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * The tokens of a piece, of which each is described when somebody asks for it: most callers want the text and nothing else.
 *
 * <p>Thread: of whoever adds until it is handed on, then any.
 */
final class PieceTokens extends AbstractList<TokenDetail> implements RandomAccess {
  private final TokenTexts texts;
  private final List<GenerationEvent.Committed> commits = new ArrayList<>(1);
  private int size;

  PieceTokens(TokenTexts texts) {
    this.texts = texts;
  }

  /** Adds all tokens of {@code committed}. */
  void add(GenerationEvent.Committed committed) {
    commits.add(committed);
    size += committed.tokens().size();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public TokenDetail get(int index) {
    Objects.checkIndex(index, size);
    int at = index;
    int commit = 0;
    while (at >= commits.get(commit).tokens().size()) at -= commits.get(commit++).tokens().size();
    return detail(commits.get(commit), at);
  }

  private TokenDetail detail(GenerationEvent.Committed committed, int at) {
    Strategy drafted = at < committed.drafted() ? committed.strategy() : null;
    return committed.logprobs().isEmpty()
        ? texts.detail(committed.tokens().get(at), drafted)
        : texts.detail(committed.logprobs().get(at), drafted);
  }
}
