import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Build } from "./builds.ts";

/** Jars, and the program by which their classes are run. */
interface MavenProgram {
  /** The program's file. */
  readonly binary: string;
  /** `group:artifact:version`, each of which brings what it depends on. */
  readonly artifacts: readonly string[];
  folder(): string;
}

/** Runs a class of the jars beside it, with the options of Kafka's own script of that kind. */
const RUN_CLASS = `#!/bin/sh
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_OPTS -cp "$(dirname "$0")/lib/*" "$@"
`;

function dependency(coordinates: string): string {
  const [group = "", artifact = "", version = ""] = coordinates.split(":");
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}

function projectOf(artifacts: readonly string[]): string {
  const head =
    "<modelVersion>4.0.0</modelVersion><groupId>muster</groupId><artifactId>jars</artifactId><version>1</version>";
  return `<project>${head}<packaging>pom</packaging><dependencies>${artifacts.map(dependency).join("")}</dependencies></project>\n`;
}

/** The folder is whole, or not there. */
function fetch(program: MavenProgram, copy: (project: string, into: string) => boolean): boolean {
  const folder = program.folder();
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const project = join(unfinished, "pom.xml");
    writeFileSync(project, projectOf(program.artifacts));
    if (!copy(project, join(unfinished, "lib"))) return false;
    const binary = join(unfinished, program.binary);
    writeFileSync(binary, RUN_CLASS);
    chmodSync(binary, 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    return true;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Jars that Maven fetches, and a program that runs their classes; Debian's Maven brings Java. */
export function mavenBuild(program: MavenProgram): Build {
  return {
    name: program.artifacts.join(", "),
    folder: () => program.folder(),
    tool: "mvn",
    debianPackage: "maven",
    command: () => "apt-get install maven && pnpm servers",
    make: (mvn, run) =>
      fetch(program, (project, into) => {
        const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${into}`];
        return run([mvn, "--batch-mode", "--quiet", "--file", project, ...goal], true);
      }),
  };
}
