// Reads from pipes through interruptions: Foundation's own reading ends the process at one.

package import Foundation

extension FileHandle {
    /// What there is to read, waiting for something; nothing at the end.
    package func patientBytes() -> Data {
        while true {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = readSome(fileDescriptor, &bytes)
            // A signal, for example of a child that has ended, is no end and no fault.
            if count < 0, errno == EINTR { continue }
            return Data(bytes.prefix(max(0, count)))
        }
    }

    /// Everything up to the end.
    package func patientBytesToEnd() -> Data {
        var all = Data()
        while true {
            let some = patientBytes()
            if some.isEmpty { return all }
            all += some
        }
    }
}

/// Outside of the extension, where `read` is the system's and not Foundation's.
private func readSome(_ descriptor: Int32, _ bytes: inout [UInt8]) -> Int {
    unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
    }
}
