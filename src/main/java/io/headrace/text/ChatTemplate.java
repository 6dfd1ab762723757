package io.headrace.text;

import io.headrace.text.jinja.JinjaTemplate;
import io.headrace.text.jinja.Limits;
import io.headrace.text.jinja.TemplateException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The template that turns a conversation into a model's prompt, given its variables as transformers
 * gives them.
 *
 * <p>Messages are passed as they are: no content is cleaned up, null stays null (and makes several
 * published templates fail). Parsed once; immutable, any thread may render.
 */
public final class ChatTemplate {
  /**
   * For models that bring no template: each message between {@code <|im_start|>} and {@code
   * <|im_end|>}.
   */
  public static final String CHATML = """
      {%- for message in messages -%}
      {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
      {%- endfor -%}
      {%- if add_generation_prompt -%}
      {{ '<|im_start|>assistant\\n' }}
      {%- endif -%}
      """;

  /** Variables that {@link #render} sets itself and its further variables may not name. */
  public static final Set<String> RESERVED = Set.of("messages", "tools", "add_generation_prompt");

  private final JinjaTemplate template;
  private final Map<String, String> specialTokens;
  private final Clock clock;

  /** Loads what any template can need, so that none finds it missing at the end of its stack: a tenth of a second. Any thread. */
  public static void prepare() {
    JinjaTemplate.prepare();
  }

  private ChatTemplate(JinjaTemplate template, Map<String, String> specialTokens, Clock clock) {
    this.template = template;
    this.specialTokens = specialTokens;
    this.clock = clock;
  }

  /**
   * Parses a template.
   *
   * @param source its Jinja text
   * @param bosToken text of the model's begin token, which the template sees as {@code bos_token};
   *     null where it has none
   * @param eosToken text of its end token, {@code eos_token}; null where it has none
   * @param clock what the template's {@code strftime_now} tells, with the zone
   * @throws TemplateException where the text is no valid template
   */
  public static ChatTemplate of(String source, @Nullable String bosToken,
      @Nullable String eosToken, Clock clock) {
    Map<String, String> specialTokens = new HashMap<>();
    if (bosToken != null) {
      specialTokens.put("bos_token", bosToken);
    }
    if (eosToken != null) {
      specialTokens.put("eos_token", eosToken);
    }
    return new ChatTemplate(JinjaTemplate.parse(source), Map.copyOf(specialTokens), clock);
  }

  /**
   * Renders a conversation.
   *
   * @param messages the messages as the client sent them, as maps, lists, texts, numbers, booleans
   *     and null
   * @param tools the tools offered, or null; the variable is defined either way
   * @param addGenerationPrompt whether the prompt ends with the start of the assistant's answer
   * @param kwargs further variables, such as {@code enable_thinking}; {@code documents} is null
   *     unless it is among them
   * @return the prompt, special tokens written out
   * @throws TemplateException where the template fails (kind RUNTIME), refuses the conversation
   *     (RAISED: its message is meant for the client) or takes too much (LIMIT)
   * @throws IllegalArgumentException where {@code kwargs} names one of {@link #RESERVED}
   */
  public String render(List<? extends Map<String, ? extends @Nullable Object>> messages,
      @Nullable List<? extends Map<String, ? extends @Nullable Object>> tools,
      boolean addGenerationPrompt, Map<String, ? extends @Nullable Object> kwargs) {
    Map<String, @Nullable Object> context = new HashMap<>(specialTokens);
    context.put("documents", null);
    for (Map.Entry<String, ? extends @Nullable Object> variable : kwargs.entrySet()) {
      if (RESERVED.contains(variable.getKey())) {
        throw new IllegalArgumentException("the template variable '" + variable.getKey()
            + "' cannot be set: it comes from the request itself");
      }
      context.put(variable.getKey(), variable.getValue());
    }
    context.put("messages", messages);
    context.put("tools", tools);
    context.put("add_generation_prompt", addGenerationPrompt);
    return template.render(context, Limits.DEFAULT, clock, System::nanoTime);
  }
}
