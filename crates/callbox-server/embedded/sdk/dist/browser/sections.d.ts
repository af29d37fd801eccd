/**
 * Takes some parts of the other side's description: the first picture, the first sound, the first channel for data.
 *
 * Each further part would cost a decoder or an encoder of ours, and the other side may name any number of them. The rest is
 * refused as the standard says (RFC 8829, section 5.3.1: port 0), and so are several sizes of one picture, which we would
 * encode each.
 */
export declare function firstOfEach(sdp: string): string;
