package io.headrace;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmHeapPressureMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.quarkus.micrometer.runtime.binder.JVMInfoBinder;
import io.quarkus.micrometer.runtime.binder.netty.NettyMetricsProvider;
import io.quarkus.micrometer.runtime.binder.netty.VertxNettyAllocatorMetricsProvider;
import io.quarkus.micrometer.runtime.binder.netty.VertxNettyEventExecutorMetricsProvider;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the metrics tell of the engine and of the process, registered when they are first asked for: a tenth of a second of work that no
 * start waits for. The engine counts from its start all the same; of collections of garbage, those before are not told.
 *
 * <p>Thread: any.
 */
final class ServerMeters {
  private final Supplier<List<Reading>> server;
  private final MeterRegistry registry;
  private final Vertx vertx;
  private List<MeterBinder> process = List.of(); // held here: a registry does not keep what its gauges read. Guarded by this

  /** {@code server}: as for {@link Meters#register}. */
  ServerMeters(Supplier<List<Reading>> server, MeterRegistry registry, Vertx vertx) {
    this.server = server;
    this.registry = registry;
    this.vertx = vertx;
  }

  /** Does so once. */
  synchronized void register() {
    if (!process.isEmpty()) return;
    NettyMetricsProvider netty = new NettyMetricsProvider();
    VertxNettyAllocatorMetricsProvider buffers = new VertxNettyAllocatorMetricsProvider();
    VertxNettyEventExecutorMetricsProvider loops = new VertxNettyEventExecutorMetricsProvider();
    process =
        List.of(
            netty.pooledByteBufAllocatorMetrics(),
            netty.unpooledByteBufAllocatorMetrics(),
            buffers.vertxPooledByteBufAllocatorMetrics(),
            buffers.vertxUnpooledByteBufAllocatorMetrics(),
            loops.vertxEventLoopGroupMetrics(vertx),
            loops.vertxAcceptorEventLoopGroupMetrics(vertx),
            new ClassLoaderMetrics(),
            new JvmHeapPressureMetrics(),
            new JvmMemoryMetrics(),
            new JvmThreadMetrics(),
            new JVMInfoBinder(),
            new JvmGcMetrics(),
            new UptimeMetrics(),
            new ProcessorMetrics(),
            new FileDescriptorMetrics());
    process.forEach(each -> each.bindTo(registry));
    Meters.register(server, System::nanoTime, registry);
  }
}
