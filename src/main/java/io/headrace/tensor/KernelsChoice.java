package io.headrace.tensor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Chooses between native and Java kernels once, and remembers why. */
final class KernelsChoice {
  private KernelsChoice() {}

  static Kernels open(KernelsOptions options) {
    if (options.highestTier().filter(tier -> tier == Tier.JAVA).isPresent()) {
      return new ReferenceKernels(options.threads(), "as configured");
    }
    Optional<Path> named = options.library().map(KernelsChoice::fileOf);
    if (named.isPresent()) return new NativeKernels(NativeCalls.load(named.get()), options);
    try {
      Optional<Path> packed = PackedLibrary.extract(options.extractTo());
      if (packed.isEmpty()) {
        return new ReferenceKernels(options.threads(), "no native library was built in");
      }
      return new NativeKernels(NativeCalls.load(packed.get()), options);
    } catch (KernelFault unusable) {
      return new ReferenceKernels(options.threads(), unusable.getMessage());
    }
  }

  private static Path fileOf(Path path) {
    return Files.isDirectory(path) ? path.resolve(PackedLibrary.FILE_NAME) : path;
  }
}
