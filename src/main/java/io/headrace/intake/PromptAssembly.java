package io.headrace.intake;

import io.headrace.generation.TokenIds;
import io.headrace.text.ChatTemplate;
import io.headrace.text.ControlTextGuard;
import io.headrace.text.Tokenizer;
import io.headrace.text.jinja.TemplateException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes tokens of prompts: renders conversations, encodes texts, checks token ids. Immutable; any thread. */
public final class PromptAssembly {
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final ControlTextGuard guard;
  private final int vocabulary;

  /** {@code vocabulary}: rows of the model's output, above every id it can be given. */
  public PromptAssembly(Tokenizer tokenizer, ChatTemplate template, int vocabulary) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.guard = tokenizer.controlTextGuard();
    this.vocabulary = vocabulary;
  }

  /** The tokens of {@code prompt}. {@code field} names it in refusals. */
  Answer<TokenIds> tokens(Prompt prompt, String field) {
    return switch (prompt) {
      case Prompt.Tokens(TokenIds ids) -> checked(ids, field);
      case Prompt.Text(String text, boolean special, boolean parse) -> some(tokenizer.encode(text, special, parse), field);
      case Prompt.Chat chat ->
          // What people wrote must not act as control tokens; what the template wrote must.
          render(chat, guard.guarded(chat.messages()))
              .then(text -> some(tokenizer.encodeRendered(text), field));
    };
  }

  /** What a person asks with {@code prompt}: its text, of a conversation the last words of the user. */
  String words(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Text(String text, _, _) -> text;
      case Prompt.Tokens(TokenIds ids) -> tokenizer.decode(ids.toArray(), true);
      case Prompt.Chat chat -> {
        List<Map<String, Object>> messages = chat.messages();
        for (int i = messages.size() - 1; i >= 0; i--) {
          if ("user".equals(messages.get(i).get("role"))) yield text(messages.get(i).get("content"));
        }
        yield messages.isEmpty() ? "" : text(messages.getLast().get("content"));
      }
    };
  }

  private static String text(@Nullable Object content) {
    if (content instanceof String text) return text;
    StringBuilder all = new StringBuilder();
    if (content instanceof List<?> parts) {
      for (Object part : parts) {
        if (part instanceof Map<?, ?> fields && fields.get("text") instanceof String text) all.append(text);
      }
    }
    return all.toString();
  }

  /** The text that the chat template makes of a conversation. */
  Answer<String> render(Prompt.Chat chat) {
    return render(chat, chat.messages());
  }

  private Answer<String> render(Prompt.Chat chat, List<Map<String, Object>> messages) {
    for (String name : chat.templateArguments().keySet()) {
      if (ChatTemplate.RESERVED.contains(name)) {
        return Answer.refused(new Rejection.Malformed("chat_template_kwargs." + name, "is a field of the request itself"));
      }
    }
    try {
      return Answer.of(
          template.render(
              messages,
              chat.tools().isEmpty() ? null : chat.tools(),
              chat.addGenerationPrompt(),
              chat.templateArguments()));
    } catch (TemplateException refused) {
      return Answer.refused(new Rejection.TemplateRefused(refused.getMessage()));
    }
  }

  private Answer<TokenIds> checked(TokenIds ids, String field) {
    for (int i = 0; i < ids.size(); i++) {
      if (ids.get(i) >= vocabulary) {
        return Answer.refused(
            new Rejection.Malformed("%s[%d]".formatted(field, i), "token id %d is not below the vocabulary's %d".formatted(ids.get(i), vocabulary)));
      }
    }
    return some(ids.toArray(), field);
  }

  private static Answer<TokenIds> some(int[] ids, String field) {
    if (ids.length == 0) {
      return Answer.refused(new Rejection.Malformed(field, "has no tokens; give the model at least one to go on from"));
    }
    return Answer.of(TokenIds.of(ids));
  }
}
