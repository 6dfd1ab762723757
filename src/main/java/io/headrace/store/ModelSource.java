package io.headrace.store;

/** Where a model file can be fetched from. */
public sealed interface ModelSource permits HubSource, PythonPackageSource {
  /** The source in words for a person, without an address. */
  String title();
}
