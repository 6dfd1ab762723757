package io.headrace.tensor;

/** A stretch of memory that all threads of the kernels read together: the benchmark's bandwidth figure times it. */
public interface ReadProbe extends AutoCloseable {
  /** Bytes read by {@link #read()}. */
  long bytes();

  /** Reads everything once, each thread its share. */
  void read();

  @Override
  void close();
}
