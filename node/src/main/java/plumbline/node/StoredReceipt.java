package plumbline.node;

import plumbline.verify.Exchange;
import plumbline.verify.Receipt;
import plumbline.verify.Secret;

/// A receipt that is durably in the node's log, with what it commits to and the secret that opens it.
///
/// @param index its place in the log, from 0
public record StoredReceipt(long index, Receipt receipt, Exchange exchange, Secret secret) {}
