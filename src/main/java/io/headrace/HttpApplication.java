package io.headrace;

import io.headrace.text.ChatTemplate;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The HTTP server's life: up when this runs, until the process is told to stop. */
@Singleton
@Unremovable
public class HttpApplication implements QuarkusApplication {
  private final io.quarkus.vertx.http.HttpServer listening;

  /** {@code listening} knows the port that was bound, also where 0 asked for any. */
  @Inject
  public HttpApplication(io.quarkus.vertx.http.HttpServer listening) {
    this.listening = listening;
  }

  @Override
  public int run(String... args) {
    Assembly assembly = ServeCommand.LOADED.join();
    System.out.println(assembly.greeting(assembly.config().text(Setting.HOST), listening.getPort()));
    // Not at once: the first request, which may be waiting, needs a small part of it.
    CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS).execute(ChatTemplate::prepare);
    Quarkus.waitForExit();
    return 0;
  }
}
