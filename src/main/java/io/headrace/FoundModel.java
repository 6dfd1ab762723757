package io.headrace;

import io.headrace.store.ModelReference;
import io.headrace.store.ModelStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The configured model's place on this machine, to which it has been fetched if need be.
 *
 * @param name what requests call it
 * @param path a file or a folder
 * @param companions the models beside it, under the names by which requests ask for them
 */
record FoundModel(String name, Path path, List<FoundModel> companions) {
  FoundModel {
    companions = List.copyOf(companions);
  }

  /** Finds or fetches it; options that no model could be loaded with are refused before. */
  static FoundModel of(ServerConfig config) {
    LoadedModel.activations(config);
    LoadedModel.kvFormat(config);
    ModelStore store = Assembly.store(config);
    ModelReference reference = store.resolve(config.text(Setting.MODEL));
    Path path = PullCommand.obtain(store, reference);
    List<FoundModel> companions = new ArrayList<>();
    config.companions().forEach((name, model) -> companions.add(new FoundModel(name, PullCommand.obtain(store, store.resolve(model)), List.of())));
    String name = config.text(Setting.MODEL_NAME);
    return new FoundModel(name.isEmpty() ? reference.name() : name, path, companions);
  }
}
