package io.headrace.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.api.http.JsonFields;
import io.headrace.api.http.RefusedCall;
import io.headrace.intake.Prompt;
import io.headrace.intake.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads conversations: {@code messages}, {@code tools} for the template, {@code add_generation_prompt}, {@code chat_template_kwargs}. */
public final class ChatMessages {
  private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

  private ChatMessages() {}

  /** The conversation of a chat completion: its tools do not reach the template. */
  static Prompt.Chat read(JsonFields body) {
    return new Prompt.Chat(messages(body), List.of(), generationPrompt(body), arguments(body));
  }

  /** The conversation of a template call, tools included. */
  public static Prompt.Chat readWithTools(JsonFields body) {
    List<Map<String, Object>> tools = new ArrayList<>();
    for (JsonFields tool : body.objects("tools")) tools.add(tool.values());
    return new Prompt.Chat(messages(body), tools, generationPrompt(body), arguments(body));
  }

  private static boolean generationPrompt(JsonFields body) {
    return body.bool("add_generation_prompt", true);
  }

  private static Map<String, Object> arguments(JsonFields body) {
    JsonFields arguments = body.object("chat_template_kwargs");
    return arguments == null ? Map.of() : arguments.values();
  }

  private static List<Map<String, Object>> messages(JsonFields body) {
    List<JsonFields> given = body.objects("messages");
    if (given.isEmpty()) throw RefusedCall.malformed("messages", "must hold at least one message");
    List<Map<String, Object>> messages = new ArrayList<>();
    for (JsonFields message : given) messages.add(message(message));
    return messages;
  }

  private static Map<String, Object> message(JsonFields message) {
    String role = message.requiredString("role");
    if (!ROLES.contains(role)) {
      throw RefusedCall.malformed(message.name("role"), "must be one of system, developer, user, assistant, tool, was '%s'".formatted(role));
    }
    Map<String, Object> values = message.values();
    // Templates know no developer role: OpenAI made it the newer word for system.
    if (role.equals("developer")) values.put("role", "system");
    values.put("content", content(message, role));
    return values;
  }

  /** Text of a message: a string, or its text parts joined by line breaks; a null content beside tool calls becomes empty text. */
  private static String content(JsonFields message, String role) {
    JsonNode content = message.get("content");
    if (content == null) {
      if (role.equals("assistant") && (message.has("tool_calls") || message.has("refusal"))) return "";
      throw RefusedCall.malformed(message.name("content"), "is required");
    }
    if (content.isTextual()) return content.textValue();
    if (!content.isArray()) throw message.wrong("content", "must be a string or a list of parts", content);
    List<String> texts = new ArrayList<>();
    for (JsonFields part : message.objects("content")) {
      String type = part.requiredString("type");
      if (!type.equals("text")) {
        throw new RefusedCall(new Rejection.Unsupported(part.name("type"), "'%s' parts are not offered, the served model reads text only".formatted(type)));
      }
      texts.add(part.requiredString("text"));
    }
    return String.join("\n", texts);
  }
}
