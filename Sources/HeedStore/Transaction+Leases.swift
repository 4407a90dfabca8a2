// What only one process may do at a time: a lease with a holder and an end.

import HeedConsent

extension Transaction {
    /// Takes or renews a lease for `seconds`; false while another holder has it.
    ///
    /// Correctness never rests on a lease: clocks differ. It keeps two processes from doing the
    /// same work at the same time.
    package func takeLease(
        _ name: String,
        holder: [UInt8],
        seconds: Int64
    ) throws(StoreError) -> Bool {
        let row = try row(
            "INSERT INTO leases (name, holder, leased_until) VALUES ($1, $2, $3) "
                + "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, "
                + "leased_until = excluded.leased_until "
                + "WHERE leases.holder = excluded.holder OR leases.leased_until <= $4 "
                + "RETURNING holder",
            .text(name),
            .blob(holder),
            .time(now.adding(seconds: seconds)),
            .time(now)
        )
        return row != nil
    }

    /// Leaves a lease to nobody for `seconds`: what it stood for is done until then.
    package func postponeLease(_ name: String, seconds: Int64) throws(StoreError) {
        let nobody = [UInt8](repeating: 0, count: 16)
        try execute(
            "UPDATE leases SET holder = $2, leased_until = $3 WHERE name = $1",
            .text(name),
            .blob(nobody),
            .time(now.adding(seconds: seconds))
        )
    }

    /// Gives a lease back, so that another process need not wait for its end.
    package func dropLease(_ name: String, holder: [UInt8]) throws(StoreError) {
        try execute(
            "DELETE FROM leases WHERE name = $1 AND holder = $2",
            .text(name),
            .blob(holder)
        )
    }
}
