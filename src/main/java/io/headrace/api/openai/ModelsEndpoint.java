package io.headrace.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.api.http.Exchange;
import io.headrace.api.http.Json;
import io.headrace.api.http.RefusedCall;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.Rejection;
import io.headrace.intake.ServedModel;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
public final class ModelsEndpoint {
  private final FrontDesk desk;

  public ModelsEndpoint(FrontDesk desk) {
    this.desk = desk;
  }

  public void list(Exchange exchange) {
    ObjectNode root = Json.object().put("object", "list");
    ArrayNode data = root.putArray("data");
    for (ServedModel model : desk.models()) describe(data.addObject(), model);
    exchange.answer(root);
  }

  public void one(Exchange exchange) {
    String id = exchange.pathPart("id");
    for (ServedModel model : desk.models()) {
      if (!model.id().equals(id)) continue;
      ObjectNode node = Json.object();
      describe(node, model);
      exchange.answer(node);
      return;
    }
    throw new RefusedCall(new Rejection.UnknownModel(id, desk.models().stream().map(ServedModel::id).toList()));
  }

  private static void describe(ObjectNode node, ServedModel model) {
    node.put("id", model.id())
        .put("object", "model")
        .put("created", model.createdSeconds())
        .put("owned_by", "headrace")
        .put("root", model.id())
        .putNull("parent")
        .put("max_model_len", model.window());
    ObjectNode facts = node.putObject("headrace");
    model.facts().forEach((key, value) -> facts.set(key, Json.node(value)));
  }
}
