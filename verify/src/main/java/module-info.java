/// Digests, canonical bytes, Merkle trees, signed notes, logs, receipts and their verification.
module plumbline.verify {
    requires plumbline.exact;

    exports plumbline.verify;
}
