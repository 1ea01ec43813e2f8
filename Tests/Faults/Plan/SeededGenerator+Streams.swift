import TestSupport

extension SeededGenerator {
    /// - Parameter stream: draws made for different purposes don't shift each other.
    init(seed: UInt64, stream: UInt64) {
        self.init(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ stream &* 0xD1B5_4A32_D192_ED03)
    }

    /// True this often of a hundred times.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
