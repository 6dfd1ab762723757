package io.headrace;

import io.headrace.model.UnsupportedModelException;
import io.headrace.store.StoreException;
import io.headrace.tensor.KernelFault;
import io.headrace.train.CorpusException;
import io.headrace.weights.WeightFileException;

/** Something that keeps a command from doing its work, said in a message that tells what to do. */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Problem(String message) {
    super(message, null, false, false);
  }

  /** Whether the message alone tells a user what is wrong. */
  static boolean isSayable(Throwable problem) {
    return problem instanceof Problem
        || problem instanceof ServerConfig.BadOption
        || problem instanceof StoreException
        || problem instanceof WeightFileException
        || problem instanceof UnsupportedModelException
        || problem instanceof KernelFault
        || problem instanceof CorpusException;
  }
}
