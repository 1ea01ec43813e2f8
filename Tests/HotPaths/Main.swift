import Glibc

/// Runs one hot path so many times and nothing else, for `Benchmarks/guard/run` to count what it costs.
///
///     HotPaths                       the names of all
///     HotPaths PATH COUNT [--waste]  with every third message done twice, to see that the guard finds it
///
/// On one thread: instructions are counted, and whoever waits for whom is not to be among them.
@main
struct Main {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let name = arguments.first else {
            for path in HotPath.allCases { print(path.rawValue) }
            return
        }
        guard let path = HotPath(rawValue: name), let count = arguments.dropFirst().first.flatMap({ Int($0) }),
            count > 0
        else {
            print("HotPaths: PATH COUNT [--waste], with PATH one of \(HotPath.allCases.map(\.rawValue))")
            exit(64)
        }
        let bytes = try path.run(count, isWasteful: arguments.contains("--waste"))
        // What comes out is used, or the optimizer could leave it away.
        print("\(name): \(count) messages, \(bytes) bytes")
    }
}
