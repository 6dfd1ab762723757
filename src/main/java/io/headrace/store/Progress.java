package io.headrace.store;

/**
 * What a pull tells its listener: any number of these, in order. A pull ends by returning or
 * throwing, not by an event.
 */
public sealed interface Progress {
  /** A source is being contacted. */
  record Contacting(String source) implements Progress {}

  /**
   * Bytes arrived.
   *
   * @param bytes held so far, those of an earlier, interrupted attempt included
   * @param totalBytes the size when known, else -1
   */
  record Transferring(long bytes, long totalBytes) implements Progress {}

  /** A step without network: unpacking or checking. */
  record Working(String what) implements Progress {}

  /** Another process or thread pulls the same content; this one waits for it. */
  record Waiting(String reason) implements Progress {}

  /** A source gave up; the next one, if any, is tried. */
  record SourceFailed(String source, String reason) implements Progress {}

  /** Something a user should know that changes nothing, such as a transfer being continued. */
  record Note(String text) implements Progress {}
}
