// The RFC's definitions written down as they stand, slow and recursive, to compare the module with.

import HeedLedger

/// The log every exhaustive test is about: leaf `i` is the two bytes of `i`.
struct Reference {
    let leaves: [Hash]
    private var known: [Range<Int>: Hash] = [:]

    init(size: Int) {
        leaves = (0..<size).map { Hash.leaf([UInt8($0 >> 8), UInt8($0 & 0xff)]) }
    }

    /// The largest power of two strictly below `size`, found by trying.
    static func split(_ size: Int) -> Int {
        var power = 1
        while power * 2 < size { power *= 2 }
        return power
    }

    /// MTH(D[range]) of RFC 6962 §2.1.
    mutating func root(_ range: Range<Int>) -> Hash {
        if range.isEmpty { return .sha256([]) }
        if range.count == 1 { return leaves[range.lowerBound] }
        if let hash = known[range] { return hash }
        let middle = range.lowerBound + Self.split(range.count)
        let left = root(range.lowerBound..<middle)
        let right = root(middle..<range.upperBound)
        let hash = Hash.sha256([0x01] + left.bytes + right.bytes)
        known[range] = hash
        return hash
    }

    /// PATH(m, D[range]) of RFC 6962 §2.1.1, with the side each hash stands on.
    mutating func path(_ index: Int, in range: Range<Int>) -> [(hash: Hash, isLeft: Bool)] {
        if range.count == 1 { return [] }
        let middle = range.lowerBound + Self.split(range.count)
        if index < middle {
            return path(index, in: range.lowerBound..<middle)
                + [(root(middle..<range.upperBound), false)]
        }
        return path(index, in: middle..<range.upperBound)
            + [(root(range.lowerBound..<middle), true)]
    }

    /// SUBPROOF(m, D[range], b) of RFC 6962 §2.1.2.
    mutating func subproof(_ old: Int, in range: Range<Int>, isWhole: Bool) -> [Hash] {
        if old == range.count { return isWhole ? [] : [root(range)] }
        let split = Self.split(range.count)
        let middle = range.lowerBound + split
        if old <= split {
            return subproof(old, in: range.lowerBound..<middle, isWhole: isWhole)
                + [root(middle..<range.upperBound)]
        }
        return subproof(old - split, in: middle..<range.upperBound, isWhole: false)
            + [root(range.lowerBound..<middle)]
    }

    /// The sides of a path, which is all that the verifier learns from index and size.
    static func sides(_ index: Int, in range: Range<Int>) -> [Bool]? {
        guard range.contains(index) else { return nil }
        if range.count == 1 { return [] }
        let middle = range.lowerBound + split(range.count)
        return index < middle
            ? sides(index, in: range.lowerBound..<middle).map { $0 + [false] }
            : sides(index, in: middle..<range.upperBound).map { $0 + [true] }
    }

    /// The hashes of subtrees, as a store would return them.
    mutating func hashes(_ subtrees: [Subtree]) -> [Hash] {
        subtrees.map { root($0.index << $0.level..<($0.index + 1) << $0.level) }
    }
}

/// The code of the refusal a body ends in, or nil where it succeeds.
func refusal(_ body: () throws -> Void) -> LedgerError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? LedgerError)?.code
    }
}

extension Hash {
    /// The hash with one bit turned over.
    func flipping(bit: Int) throws -> Hash {
        var bytes = self.bytes
        bytes[bit / 8] ^= 1 << (bit % 8)
        return try Hash(bytes: bytes)
    }
}

/// Public facts: the reference leaves of the certificate transparency tests and their roots.
enum PublicVectors {
    static let leaves: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        Array(0x60...0x6f),
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    /// The key and the note of the Go note package's tests.
    static let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let signer =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    static let text =
        "If you think cryptography is the answer to your problem,\n"
        + "then you don't know what your problem is.\n"
    static let signature =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvq"
        + "fqdngotpRZb6KE6RyyBwJnAM="
    /// A witness with the same public key, as a cosigner.
    static let witness =
        "witness.example/w1+cc9a7044+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    /// A proof of leaf 5 in the tree of the first seven reference leaves, signed by both.
    static let proof = """
        c2sp.org/tlog-proof@v1
        index 5
        vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=
        sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=
        037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=

        PeterNeumann
        7
        3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=

        — PeterNeumann x08gozDA2D7IMPl5339ghWaWdMHI1FuM87Bu/YYK9oBwce\
        VF6/ht0QN36iKgI+yAOPXFozUdDVbuzHFVmdCDL4UoAwU=
        — witness.example/w1 zJpwRAAAAABkGFDLi1HHZsZ0u+JLXsh57AtDSx5TqzKs\
        RK+hWw33xDzUA1hfUyqgfiic7hsD0Ih2Uf585IbZqL8s7Nfeyxszdjg+BQ==

        """
    /// The consistency proof from size 3 to size 7 of the same tree.
    static let consistency = [
        "ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=",
        "B1Bqhf2d0vEg62lPhgEeW7RmLlxBWmKRcDPUqWJEh+c=",
        "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
        "g327FS6bB5AQcX6E6GXaTrwPoZioBtWdMb8VrM7yLQ4=",
    ]
}
