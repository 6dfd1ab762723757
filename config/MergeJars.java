import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes one jar of many: {@code java MergeJars.java OUT JAR...}. Of two entries with one name the first stands, as on a class path;
 * lists of services, which are read from every jar, are joined. Signatures, indexes and module descriptors of single jars are left out.
 *
 * <p>Java opens and searches every jar of a class path for a resource that few of them have; with 140 jars that is a good part of a
 * server's start.
 */
final class MergeJars {
  private static final String SERVICES = "META-INF/services/";

  private final Set<String> taken = new HashSet<>();
  private final Map<String, Set<String>> services = new LinkedHashMap<>();

  public static void main(String... args) throws IOException {
    MergeJars merged = new MergeJars();
    try (OutputStream file = Files.newOutputStream(Path.of(args[0]));
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.setLevel(Deflater.BEST_SPEED);
      put(out, "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nMulti-Release: true\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      for (int i = 1; i < args.length; i++) {
        try (ZipFile jar = new ZipFile(args[i])) {
          merged.add(jar, out);
        }
      }
      for (var service : merged.services.entrySet()) {
        put(out, service.getKey(), (String.join("\n", service.getValue()) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private void add(ZipFile jar, ZipOutputStream out) throws IOException {
    for (Enumeration<? extends ZipEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
      ZipEntry entry = entries.nextElement();
      String name = entry.getName();
      if (isOfOneJar(name)) continue;
      byte[] content = entry.isDirectory() ? new byte[0] : jar.getInputStream(entry).readAllBytes();
      if (name.startsWith(SERVICES) && !entry.isDirectory()) {
        services.computeIfAbsent(name, _ -> new LinkedHashSet<>()).addAll(new String(content, StandardCharsets.UTF_8).lines().toList());
      } else if (taken.add(name)) {
        put(out, name, content);
      }
    }
  }

  private static boolean isOfOneJar(String name) {
    if (name.endsWith("module-info.class") || name.equals("META-INF/MANIFEST.MF") || name.equals("META-INF/INDEX.LIST")) return true;
    return name.startsWith("META-INF/") && name.matches("META-INF/[^/]*\\.(SF|RSA|DSA|EC)");
  }

  private static void put(ZipOutputStream out, String name, byte[] content) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(content);
    out.closeEntry();
  }
}
