package io.headrace.api;

import io.headrace.api.http.Door;
import io.headrace.api.openai.ChatCompletionsEndpoint;
import io.headrace.api.openai.CompletionsEndpoint;
import io.headrace.api.openai.ModelsEndpoint;
import io.headrace.api.rest.DescriptionEndpoint;
import io.headrace.api.rest.HealthEndpoint;
import io.headrace.api.rest.TextEndpoints;
import io.headrace.intake.FrontDesk;
import io.vertx.ext.web.Router;
import java.util.concurrent.ExecutorService;

/** Every route of ours, one line each. */
public final class Doors {
  private Doors() {}

  /**
   * Puts all doors on {@code router}.
   *
   * @param threads one virtual thread a call
   * @param bodyLimit bytes of a request body at most
   * @param fingerprint equal for servers whose answers are interchangeable
   */
  public static void mount(Router router, FrontDesk desk, ExecutorService threads, long bodyLimit, String fingerprint) {
    var chat = new ChatCompletionsEndpoint(desk, fingerprint);
    var completions = new CompletionsEndpoint(desk, fingerprint);
    var models = new ModelsEndpoint(desk);
    var text = new TextEndpoints(desk);
    new Door(router, threads, bodyLimit)
        .post("/v1/chat/completions", chat::handle)
        .post("/v1/completions", completions::handle)
        .get("/v1/models", models::list)
        .get("/v1/models/:id", models::one)
        .post("/tokenize", text::tokenize)
        .post("/detokenize", text::detokenize)
        .post("/apply-template", text::applyTemplate)
        .get("/health", new HealthEndpoint(desk)::handle)
        .get("/q/openapi", new DescriptionEndpoint()::handle)
        .refuseTheRest("/");
  }
}
