package io.headrace;

import io.headrace.api.http.Json;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headrace serve}: loads a model and answers requests until it is told to stop. */
@Command(
    name = "serve",
    description = "Serves a model over HTTP; fetches it first if it is not there.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  /**
   * The loaded server, on its way from this command to the HTTP application. Quarkus makes its own objects, so this is the one place
   * where they can meet.
   */
  static final CompletableFuture<Assembly> LOADED = new CompletableFuture<>();

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "A catalogue name, a GGUF file, a safetensors folder, or hf:org/repo/file.")
  private @Nullable String model;

  @Option(names = "--companions", paramLabel = "NAME=MODEL", description = "Further models with the same tokens, for decoding with several; more of them after commas.")
  private @Nullable String companions;

  @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on; 0.0.0.0 for all. Default: 127.0.0.1.")
  private @Nullable String host;

  @Option(names = {"-p", "--port"}, paramLabel = "N", description = "Port to listen on; 0 picks a free one. Default: 8080.")
  private @Nullable String port;

  @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads that compute. Default: the physical cores available.")
  private @Nullable String threads;

  @Option(names = "--activations", paramLabel = "WHAT", description = "How activations are rounded for quantised weights: int8 or int16. Default: int8.")
  private @Nullable String activations;

  @Option(names = "--chat-template", paramLabel = "FILE", description = "Jinja chat template that replaces the model's own.")
  private @Nullable String chatTemplate;

  @Option(names = "--decoding", paramLabel = "HOW", description = "How requests are decoded that do not say: plain, ngram, medusa, specdec or auto. Default: auto.")
  private @Nullable String decoding;

  @Override
  public Integer call() {
    return serve(config());
  }

  /** What the parsed options ask for. */
  ServerConfig config() {
    return common.read(
        CommonOptions.flags(
            Setting.MODEL, model, Setting.COMPANIONS, companions, Setting.HOST, host, Setting.PORT, port, Setting.THREADS, threads, Setting.ACTIVATIONS, activations, Setting.CHAT_TEMPLATE, chatTemplate, Setting.DECODING, decoding));
  }

  /**
   * Serves until told to stop; the exit status. The HTTP server starts while the model loads and waits for it before it opens its
   * port. A model that does not load ends the process here: the half-started server has nothing to shut down.
   */
  static int serve(ServerConfig config) {
    refuseTakenPort(config);
    System.setProperty("quarkus.http.host", config.text(Setting.HOST));
    System.setProperty("quarkus.http.port", config.text(Setting.PORT));
    // Ours is the one there is. With one, every setting of Quarkus is looked up twice, with its name before it: a twentieth of a start.
    System.setProperty("quarkus.profile", "");
    FoundModel found = FoundModel.of(config);
    AtomicInteger status = new AtomicInteger();
    Thread http = Thread.ofPlatform().name("headrace-http").start(() -> answer(status));
    Thread.ofPlatform().daemon().name("headrace-json").start(Json::prepare);
    try {
      LOADED.complete(Assembly.load(config, found, line -> System.out.println(line)));
    } catch (RuntimeException | Error problem) {
      Main.tell(problem, new PrintWriter(System.err, true));
      Runtime.getRuntime().halt(1);
    }
    try {
      http.join();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
    return status.get();
  }

  private static void answer(AtomicInteger status) {
    Quarkus.run(
        HttpApplication.class,
        (code, problem) -> {
          status.set(code);
          if (problem != null) System.err.println("headrace: the HTTP server stopped: " + problem.getMessage());
        });
  }

  /** Finds out before the model is loaded. */
  private static void refuseTakenPort(ServerConfig config) {
    String host = config.text(Setting.HOST);
    int port = config.integer(Setting.PORT);
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (IOException taken) {
      throw new Problem(
          "cannot listen on %s:%d: %s. Stop what listens there, or choose another with --port (0 picks a free one).".formatted(host, port, taken.getMessage()));
    }
  }
}
