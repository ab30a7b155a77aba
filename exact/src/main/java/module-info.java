/// The executable specification: integer arithmetic from embedding to sampled token.
module plumbline.exact {
    exports plumbline.exact;
}
