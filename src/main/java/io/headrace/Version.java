package io.headrace;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says: the build's version and the Java that runs it. */
final class Version implements IVersionProvider {
  /** The version of this build. */
  static String number() {
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      Properties properties = new Properties();
      if (in != null) properties.load(in);
      return properties.getProperty("version", "unknown");
    } catch (IOException unreadable) {
      return "unknown";
    }
  }

  @Override
  public String[] getVersion() {
    return new String[] {"headrace " + number(), "Java " + Runtime.version()};
  }
}
