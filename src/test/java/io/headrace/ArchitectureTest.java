package io.headrace;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The shape of the code: which package may see which, and what nobody does. */
@AnalyzeClasses(packages = "io.headrace", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final int MOST_LINES = 400;

  @ArchTest
  static final ArchRule dependenciesRunOneWay =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("application").definedBy("io.headrace")
          .layer("api").definedBy("io.headrace.api..")
          .layer("intake").definedBy("io.headrace.intake..")
          .layer("engine").definedBy("io.headrace.engine..")
          .layer("bench").definedBy("io.headrace.bench..")
          .layer("train").definedBy("io.headrace.train..")
          .layer("schedule").definedBy("io.headrace.schedule..")
          .layer("decode").definedBy("io.headrace.decode..")
          .layer("sampling").definedBy("io.headrace.sampling..")
          .layer("model").definedBy("io.headrace.model..")
          .layer("kv").definedBy("io.headrace.kv..")
          .layer("text").definedBy("io.headrace.text..")
          .layer("weights").definedBy("io.headrace.weights..")
          .layer("tensor").definedBy("io.headrace.tensor..")
          .layer("generation").definedBy("io.headrace.generation..")
          .layer("store").definedBy("io.headrace.store..")
          .whereLayer("application").mayNotBeAccessedByAnyLayer()
          .whereLayer("api").mayOnlyAccessLayers("intake", "generation")
          .whereLayer("intake").mayOnlyAccessLayers("engine", "sampling", "text", "generation")
          .whereLayer("engine").mayOnlyAccessLayers("schedule", "decode", "sampling", "model", "kv", "text", "tensor", "generation")
          .whereLayer("bench").mayOnlyAccessLayers("model", "tensor")
          .whereLayer("train").mayOnlyAccessLayers("model", "sampling", "text", "weights", "tensor", "generation")
          .whereLayer("schedule").mayOnlyAccessLayers("kv", "generation")
          .whereLayer("decode").mayOnlyAccessLayers("sampling", "model", "kv", "generation")
          .whereLayer("sampling").mayOnlyAccessLayers("text", "model", "tensor", "generation")
          .whereLayer("model").mayOnlyAccessLayers("kv", "weights", "tensor")
          .whereLayer("kv").mayOnlyAccessLayers("tensor", "generation")
          .whereLayer("text").mayOnlyAccessLayers("weights", "generation")
          .whereLayer("weights").mayOnlyAccessLayers("tensor")
          .whereLayer("tensor").mayNotAccessAnyLayer()
          .whereLayer("generation").mayNotAccessAnyLayer()
          .whereLayer("store").mayNotAccessAnyLayer()
          .because("a package may import only what lies below it: that is what keeps each of them readable alone");

  @ArchTest
  static final ArchRule packagesHaveNoCycles = slices().matching("io.headrace.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule namesSayWhatAThingIs =
      noClasses()
          .should()
          .haveNameMatching(".*(Manager|Utils?|Helper|Impl|Support)")
          .because("a name that needs such a word has not found its concept");

  @ArchTest
  static final ArchRule oneClassCallsNativeCode =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("io.headrace.tensor.NativeCalls")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.foreign.Linker")
          .because("the border to native code is one thin file");

  @ArchTest
  static final ArchRule nothingIsGlobalAndMutable =
      fields().that().areStatic().should().beFinal().because("what a function needs, it is given");

  @ArchTest
  static final ArchRule oneClassReadsTheEnvironment =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("io.headrace.ServerConfig")
          .should()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getProperty", String.class)
          .orShould()
          .callMethod(System.class, "getProperty", String.class, String.class)
          .because("an option that is read in two places is two options");

  @ArchTest
  static final ArchRule policiesAndKernelsReadNoClock =
      noClasses()
          .that()
          .resideInAnyPackage("io.headrace.schedule..", "io.headrace.kv..", "io.headrace.tensor..", "io.headrace.sampling..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .because("a policy is a pure function");

  @ArchTest
  static final ArchRule theEngineKnowsNoTransport =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.headrace", "io.headrace.api..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.quarkus..", "io.vertx..", "jakarta..")
          .because("the engine also works as a library inside somebody else's JVM");

  @Test
  void everyPackageHasACharter() {
    JavaClasses classes = new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages("io.headrace");
    List<String> bare = new ArrayList<>();
    for (JavaPackage part : classes.getPackage("io.headrace").getSubpackagesInTree()) {
      if (!part.getClasses().isEmpty() && !part.isAnnotatedWith(NullMarked.class)) bare.add(part.getName());
    }
    assertEquals(List.of(), bare, "packages without a package-info with @NullMarked");
  }

  @Test
  void noSourceFileIsLongWithoutAReason() throws IOException {
    Path sources = Path.of("src/main/java");
    Assumptions.assumeTrue(Files.isDirectory(sources), "the sources are not beside the classes");
    List<String> tooLong = new ArrayList<>();
    try (var files = Files.walk(sources)) {
      for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".java"))::iterator) {
        int lines = Files.readAllLines(file).size();
        if (lines > MOST_LINES) tooLong.add(file.getFileName() + ": " + lines);
      }
    }
    assertEquals(List.of(), tooLong, "files over %d lines: is each one concept?".formatted(MOST_LINES));
  }
}
