package io.headrace.train;

/** What a sequence of a corpus is for. A prompt has one answer, so sequences of different splits have different prompts. */
public enum Split {
  /** Weights are fitted to it. */
  TRAIN,
  /** Trees, thresholds and reliabilities are taken from it. */
  CALIBRATION,
  /** Figures are reported on it; its prompts are the held-out files. */
  REPORT
}
