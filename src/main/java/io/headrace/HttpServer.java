package io.headrace;

import io.headrace.api.Doors;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Hangs the doors, metrics and readiness of the loaded server on Quarkus. Thread: start-up and shutdown only. */
@ApplicationScoped
@Readiness
public class HttpServer implements HealthCheck {
  /** As {@code quarkus.micrometer.export.prometheus.path} says. */
  private static final String METRICS = "/metrics";

  private final MeterRegistry meters;
  private final Vertx vertx;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @Inject
  public HttpServer(MeterRegistry meters, Vertx vertx) {
    this.meters = meters;
    this.vertx = vertx;
  }

  /** Before the port is opened: every route is there when the first client comes. */
  void mount(@Observes Router router) {
    Assembly assembly = ServeCommand.LOADED.join();
    Doors.mount(router, assembly.desk(), threads, assembly.config().bytes(Setting.BODY_LIMIT), assembly.fingerprint());
    ServerMeters all = new ServerMeters(assembly::readings, meters, vertx);
    router.route(METRICS).order(Integer.MIN_VALUE).handler(scrape -> {
      all.register();
      scrape.next();
    });
  }

  /** What runs may finish; nothing new is taken. */
  void stop(@Observes ShutdownEvent event) {
    if (ServeCommand.LOADED.isDone()) ServeCommand.LOADED.join().close();
    threads.shutdownNow();
  }

  @Override
  public HealthCheckResponse call() {
    Assembly assembly = ServeCommand.LOADED.join();
    return HealthCheckResponse.named("model").withData("id", assembly.modelName()).status(assembly.desk().takesRequests()).build();
  }
}
