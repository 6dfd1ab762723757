package io.headrace.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.api.http.JsonFields;
import io.headrace.api.http.RefusedCall;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingForm;
import io.headrace.intake.Rejection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The field {@code decoding}: a strategy's name, or an object of {@code strategy} and its options. */
final class DecodingField {
  private static final String FIELD = "decoding";
  private static final String STRATEGY = "strategy";

  private DecodingField() {}

  /** The choice, or null when the field is absent. */
  static @Nullable DecodingChoice read(JsonFields body) {
    JsonNode value = body.get(FIELD);
    if (value == null) return null;
    if (value.isTextual()) return choice(value.textValue(), Map.of(), FIELD);
    if (!value.isObject()) throw body.wrong(FIELD, "must be a string, or an object with strategy and options", value);
    JsonFields fields = body.object(FIELD);
    Map<String, Object> options = new LinkedHashMap<>();
    for (String name : fields.names()) {
      JsonNode option = fields.get(name);
      if (name.equals(STRATEGY) || option == null) continue;
      // Anything but numbers, texts and lists of them has a form that no option takes; the message shows it as it came.
      options.put(name, value(option));
    }
    return choice(fields.requiredString(STRATEGY), options, FIELD + "." + STRATEGY);
  }

  private static Object value(JsonNode option) {
    if (option.isNumber()) return option.numberValue();
    if (option.isTextual()) return option.textValue();
    if (!option.isArray()) return option;
    List<Object> values = new ArrayList<>();
    option.forEach(one -> values.add(value(one)));
    return values;
  }

  private static DecodingChoice choice(String strategy, Map<String, ?> options, String nameField) {
    try {
      return DecodingForm.of(strategy, options);
    } catch (DecodingForm.Wrong wrong) {
      if (wrong.option().equals(STRATEGY)) throw new RefusedCall(new Rejection.Unsupported(nameField, wrong.problem()));
      throw RefusedCall.malformed(FIELD + "." + wrong.option(), wrong.problem());
    }
  }
}
