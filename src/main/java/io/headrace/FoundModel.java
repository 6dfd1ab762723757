package io.headrace;

import io.headrace.store.ModelReference;
import io.headrace.store.ModelStore;
import java.nio.file.Path;

/**
 * The configured model's place on this machine, to which it has been fetched if need be.
 *
 * @param name what requests call it
 * @param path a file or a folder
 */
record FoundModel(String name, Path path) {
  /** Finds or fetches it; options that no model could be loaded with are refused before. */
  static FoundModel of(ServerConfig config) {
    LoadedModel.activations(config);
    LoadedModel.kvFormat(config);
    ModelStore store = Assembly.store(config);
    ModelReference reference = store.resolve(config.text(Setting.MODEL));
    Path path = PullCommand.obtain(store, reference);
    String name = config.text(Setting.MODEL_NAME);
    return new FoundModel(name.isEmpty() ? reference.name() : name, path);
  }
}
