package io.headrace.train.distil;

import io.headrace.text.ChatTemplate;
import io.headrace.text.Tokenizer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/**
 * Questions in the form that a model's chat template gives them. Immutable.
 *
 * <p>Thread: any.
 */
public final class ChatForm {
  /** What a template may be told the date is, so that nothing depends on the day. */
  public static final Clock DAY = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

  /** Stands for a question in a rendered template, to find where the user's turn begins. No tokenizer makes one token of it. */
  private static final String MARK = "\u27e8what the user asks\u27e9";

  private final Tokenizer tokenizer;
  private final ChatTemplate template;

  public ChatForm(Tokenizer tokenizer, ChatTemplate template) {
    this.tokenizer = tokenizer;
    this.template = template;
  }

  /** The tokens of a conversation that has this question and no answer yet. */
  public int[] asked(String question) {
    return tokenizer.encodeRendered(template.render(tokenizer.controlTextGuard().guarded(messages(question)), null, true, Map.of()));
  }

  /**
   * The tokens up to where a user's words begin.
   *
   * @throws IllegalArgumentException if the template does not repeat the user's words
   */
  public int[] opened() {
    String rendered = template.render(messages(MARK), null, false, Map.of());
    int at = rendered.indexOf(MARK);
    if (at < 0) throw new IllegalArgumentException("the model's chat template does not repeat what the user says; give prompt files and --own-share 0");
    return tokenizer.encodeRendered(rendered.substring(0, at));
  }

  /** The text of a question that the model wrote itself. */
  public String text(int[] tokens) {
    return tokenizer.decode(tokens, true).strip();
  }

  /** Tokens that end a turn. */
  public int[] ends() {
    return tokenizer.endOfGeneration();
  }

  private static List<Map<String, Object>> messages(String question) {
    return List.of(Map.of("role", "user", "content", question));
  }
}
