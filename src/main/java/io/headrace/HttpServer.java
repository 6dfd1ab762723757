package io.headrace;

import io.headrace.api.Doors;
import io.headrace.generation.Strategy;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Hangs the doors, metrics and readiness of the loaded server on Quarkus. Thread: start-up and shutdown only. */
@ApplicationScoped
@Readiness
public class HttpServer implements HealthCheck {
  private final MeterRegistry meters;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @Inject
  public HttpServer(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Before the port is opened: every route is there when the first client comes. */
  void mount(@Observes Router router) {
    Assembly assembly = ServeCommand.LOADED.join();
    Doors.mount(router, assembly.desk(), threads, assembly.config().bytes(Setting.BODY_LIMIT), assembly.fingerprint());
    assembly.gauges().keySet().forEach(name -> Gauge.builder("headrace." + name, assembly, a -> value(a.gauges(), name)).register(meters));
    assembly.totals().keySet().forEach(name -> FunctionCounter.builder("headrace." + name, assembly, a -> value(a.totals(), name)).register(meters));
    for (Strategy strategy : Strategy.values()) {
      assembly
          .decoding(strategy)
          .keySet()
          .forEach(
              name ->
                  FunctionCounter.builder("headrace." + name, assembly, a -> value(a.decoding(strategy), name))
                      .tag("strategy", strategy.word())
                      .register(meters));
    }
    for (String model : assembly.models()) {
      assembly
          .model(model)
          .keySet()
          .forEach(
              name ->
                  FunctionCounter.builder("headrace." + name, assembly, a -> value(a.model(model), name)).tag("model", model).register(meters));
    }
    assembly.memoryGauges().forEach((name, bytes) -> Gauge.builder("headrace." + name, bytes::getAsLong).register(meters));
    Gauge.builder("headrace.info", () -> 1).tags(assembly.labels()).register(meters);
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

  private static double value(Map<String, Number> numbers, String name) {
    return numbers.get(name).doubleValue();
  }
}
