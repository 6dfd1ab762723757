import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes two jars of many: {@code java MergeJars.java ALL SETTINGS JAR...}. Of two entries with one name the first stands, as on a class
 * path; lists of services, which are read from every jar, are joined. Signatures, indexes and module descriptors of single jars are left
 * out, and native libraries for other machines than this one.
 *
 * <p>Java opens and searches every jar of a class path for a resource that few of them have; with 140 jars that is a good part of a
 * server's start. The settings are a jar of their own because they are read through a file system, which reads the directory of the whole
 * jar they are in, several times.
 */
final class MergeJars {
  private static final String SERVICES = "META-INF/services/";
  private static final String NATIVES = "native/lib/";
  private static final Set<String> SETTINGS = Set.of("application.properties", "META-INF/microprofile-config.properties");

  /** Larger entries are compressed: of those that are read at every start, none is. */
  private static final long LARGE = 4 << 20;

  private final Set<String> taken = new HashSet<>();
  private final Map<String, Set<String>> services = new LinkedHashMap<>();

  public static void main(String... args) throws IOException {
    MergeJars merged = new MergeJars();
    try (ZipOutputStream all = jar(args[0]);
        ZipOutputStream settings = jar(args[1])) {
      for (int i = 2; i < args.length; i++) {
        try (ZipFile jar = new ZipFile(args[i])) {
          merged.add(jar, all, settings);
        }
      }
      for (var service : merged.services.entrySet()) {
        put(all, service.getKey(), (String.join("\n", service.getValue()) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static ZipOutputStream jar(String file) throws IOException {
    ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(Path.of(file)));
    put(out, "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nMulti-Release: true\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    return out;
  }

  private void add(ZipFile jar, ZipOutputStream all, ZipOutputStream settings) throws IOException {
    for (Enumeration<? extends ZipEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
      ZipEntry entry = entries.nextElement();
      String name = entry.getName();
      if (isOfOneJar(name) || isForAnotherMachine(name)) continue;
      byte[] content = entry.isDirectory() ? new byte[0] : jar.getInputStream(entry).readAllBytes();
      if (name.startsWith(SERVICES) && !entry.isDirectory()) {
        services.computeIfAbsent(name, _ -> new LinkedHashSet<>()).addAll(new String(content, StandardCharsets.UTF_8).lines().toList());
      } else if (taken.add(name)) {
        put(SETTINGS.contains(name) ? settings : all, name, content);
      }
    }
  }

  private static boolean isOfOneJar(String name) {
    if (name.endsWith("module-info.class") || name.equals("META-INF/MANIFEST.MF") || name.equals("META-INF/INDEX.LIST")) return true;
    return name.startsWith("META-INF/") && name.matches("META-INF/[^/]*\\.(SF|RSA|DSA|EC)");
  }

  /** Whether this is a library below {@link #NATIVES}, in a folder named as the tokenizer library names machines, for another one. */
  private static boolean isForAnotherMachine(String name) {
    if (!name.startsWith(NATIVES) || name.indexOf('/', NATIVES.length()) < 0) return false;
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch");
    String machine = (system.startsWith("mac") ? "osx" : system) + "-" + (processor.equals("amd64") ? "x86_64" : processor);
    return !name.startsWith(NATIVES + machine + "/");
  }

  private static void put(ZipOutputStream out, String name, byte[] content) throws IOException {
    out.setLevel(content.length > LARGE ? Deflater.BEST_SPEED : Deflater.NO_COMPRESSION);
    out.putNextEntry(new ZipEntry(name));
    out.write(content);
    out.closeEntry();
  }
}
