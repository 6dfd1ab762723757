package io.headrace.train.torch;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import io.headrace.train.AcceptanceJob;
import io.headrace.train.CorpusException;
import io.headrace.train.HeadsJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** The program: {@code heads|acceptance FOLDER SECONDS THREADS}. Started by {@code headrace train}, which checks what it is given. */
public final class Trainer {
  /** Status of a training that stopped before its end and saved what it had. */
  static final int UNFINISHED = 3;

  private static final int PATIENCE_SECONDS = 60;

  private Trainer() {}

  /** Runs a job. */
  public static void main(String... args) throws IOException {
    if (args.length != 4 || !(args[0].equals("heads") || args[0].equals("acceptance"))) {
      System.err.println("headrace: start this with ./headrace train");
      System.exit(2);
    }
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch saved = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> wait(stop, saved), "interruption"));
    Path folder = Path.of(args[1]);
    double seconds = Double.parseDouble(args[2]);
    int threads = Integer.parseInt(args[3]);
    int status = 1;
    try {
      Engine.getInstance(); // loads the library that the next call is in
      if (threads > 0) JniUtils.setNumThreads(threads);
      long end = seconds == Double.POSITIVE_INFINITY ? Long.MAX_VALUE : System.nanoTime() + (long) (seconds * 1e9);
      BooleanSupplier stopped = () -> stop.get() || System.nanoTime() >= end;
      HeadsJob heads = HeadsJob.read(folder);
      boolean done =
          args[0].equals("heads")
              ? new HeadsTraining(heads, folder, stopped, System.out::println).run()
              : new AcceptanceTraining(AcceptanceJob.read(folder), heads, folder, stopped, System.out::println).run();
      status = done ? 0 : UNFINISHED;
    } catch (CorpusException wrong) {
      System.err.println("headrace: " + wrong.getMessage());
    } finally {
      saved.countDown();
    }
    System.exit(status);
  }

  private static void wait(AtomicBoolean stop, CountDownLatch saved) {
    stop.set(true);
    try {
      boolean _ = saved.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
  }
}
