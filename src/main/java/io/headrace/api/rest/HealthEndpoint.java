package io.headrace.api.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.api.http.Exchange;
import io.headrace.api.http.Json;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.ServedModel;

/** {@code GET /health}: 200 while the server takes requests, 503 while it drains. */
public final class HealthEndpoint {
  private final FrontDesk desk;

  public HealthEndpoint(FrontDesk desk) {
    this.desk = desk;
  }

  public void handle(Exchange exchange) {
    boolean open = desk.takesRequests();
    ObjectNode body = Json.object().put("status", open ? "ok" : "draining");
    var models = body.putArray("models");
    for (ServedModel model : desk.models()) models.add(model.id());
    exchange.answer(open ? 200 : 503, body);
  }
}
