// `heed vault rotate-master` is killed before each thing it does to a file, and then run again.

import Foundation
import Testing

@Suite("Master key, killed")
struct VaultKillTests {
    private static let address = "ada@mail.example"

    /// Goes between the program and its C library, and kills it before one of its changes to files.
    private static let killer = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <signal.h>
        #include <stdlib.h>
        #include <unistd.h>

        static int left = -1;

        __attribute__((constructor)) static void begin(void) {
            const char *text = getenv("STEPS_BEFORE_KILL");
            if (text) left = atoi(text);
        }

        static void step(void) {
            if (left >= 0 && __atomic_fetch_sub(&left, 1, __ATOMIC_SEQ_CST) == 0) {
                kill(getpid(), SIGKILL);
                for (;;) pause();
            }
        }

        #define STEP(result, name, parameters, arguments) \\
            result name parameters { \\
                static result (*real) parameters; \\
                if (!real) real = (result (*) parameters)dlsym(RTLD_NEXT, #name); \\
                step(); \\
                return real arguments; \\
            }

        STEP(int, rename, (const char *a, const char *b), (a, b))
        STEP(int, link, (const char *a, const char *b), (a, b))
        STEP(int, linkat, (int a, const char *b, int c, const char *d, int e), (a, b, c, d, e))
        STEP(int, unlink, (const char *a), (a))
        STEP(int, remove, (const char *a), (a))
        STEP(int, ftruncate, (int a, off_t b), (a, b))
        STEP(int, ftruncate64, (int a, off64_t b), (a, b))
        STEP(int, fsync, (int a), (a))
        STEP(int, fdatasync, (int a), (a))
        STEP(ssize_t, write, (int a, const void *b, size_t c), (a, b, c))
        STEP(ssize_t, pwrite, (int a, const void *b, size_t c, off_t d), (a, b, c, d))
        STEP(ssize_t, pwrite64, (int a, const void *b, size_t c, off64_t d), (a, b, c, d))
        """

    /// Builds it with the compiler that comes with Swift.
    private func makeKiller(in place: Workplace) async throws -> String {
        try place.write(VaultKillTests.killer, to: "killer.c")
        let built = try await place.run(
            "/usr/bin/env",
            ["clang", "-shared", "-fPIC", "-O1", "-o", "killer.so", "killer.c", "-ldl"]
        )
        guard built.exitCode == 0 else { throw Failure("clang: \(built.errors)") }
        return place.path("killer.so")
    }

    private func id(_ place: Workplace) async throws -> String {
        try await place.done("vault", "show").output
    }

    private func exists(_ name: String, _ place: Workplace) -> Bool {
        FileManager.default.fileExists(atPath: place.path("heed-data/\(name)"))
    }

    /// It opens, and what is sealed is read.
    private func expectOpens(_ place: Workplace, _ step: Int) async throws {
        let explain = try await place.heed("explain", VaultKillTests.address)
        #expect(explain.output.contains("may be written to"), "\(step): \(explain.errors)")
    }

    @Test func everyStepMayBeTheLast() async throws {
        try await Workplace.open { place in
            try await place.register()
            let policy = ["--scope", "newsletter", "--policy", "2026-01"]
            let granted = try await place.heed(
                ["consent", "grant", VaultKillTests.address] + policy
            )
            #expect(granted.exitCode == 0)
            let killer = try await makeKiller(in: place)
            var states: Set<String> = []
            var step = 0
            var before = try await id(place)
            while true {
                let former = place.read("heed-data/master.key")
                let ending = try await place.heed(
                    ["vault", "rotate-master"],
                    environment: ["LD_PRELOAD": killer, "STEPS_BEFORE_KILL": "\(step)"]
                )
                if ending.exitCode == 0 { break }
                #expect(ending.exitCode == 137, "\(step): \(ending.errors)")
                let isWrapped = try await id(place) != before
                states.insert(
                    [
                        exists("master.key.next.part", place) ? "part" : "",
                        exists("master.key.next", place) ? "next" : "",
                        isWrapped ? "wrapped" : "",
                        place.read("heed-data/master.key") == former ? "" : "named",
                    ].filter { !$0.isEmpty }.joined(separator: " ")
                )
                try await expectOpens(place, step)
                if step % 16 == 0 {
                    let server = try await place.serve()
                    #expect(try await server.stop() == 0)
                }
                try await place.done("vault", "rotate-master")
                let after = try await id(place)
                #expect(after != before)
                before = after
                #expect(!exists("master.key.next", place) && !exists("master.key.next.part", place))
                try expectKept(former, place)
                step += 1
            }
            print("killed before each of \(step) changes to files: \(states.sorted())")
            // From before the first file to after the last, with everything in between.
            #expect(
                states.isSuperset(of: ["", "part", "next", "next wrapped", "wrapped named"]),
                "\(states)"
            )
            #expect(try await place.heed("verify").exitCode == 0)
            try await expectOpens(place, step)
            let server = try await place.serve()
            let answer = try await server.check(VaultKillTests.address, "newsletter")
            #expect(answer["allowed"].flag == true)
            #expect(try await server.stop() == 0)
        }
    }

    /// The key that backups were made under is still beside the present one.
    private func expectKept(_ former: String, _ place: Workplace) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path("heed-data"))
        let kept = names.filter { $0.hasPrefix("master.key.previous") }
        #expect(kept.contains { place.read("heed-data/\($0)") == former })
    }
}
