// Reads from pipes through interruptions: Foundation's own reading ends the process at one.

package import Foundation

extension FileHandle {
    /// What there is to read, waiting for something; nothing at the end.
    package func patientBytes() -> Data {
        while true {
            do {
                return try read(upToCount: 65_536) ?? Data()
            } catch {
                // A signal, for example of a child that has ended, is no end and no fault.
                guard errno == EINTR || "\(error)".contains("Code=4 ") else { return Data() }
            }
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
