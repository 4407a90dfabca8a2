// Command ledger-verify checks a Heed log with code that Heed did not write: sumdb/note for the
// signatures, sumdb/tlog for the tiles and the proofs.
//
// Usage: ledger-verify LOG VKEY [KEPT]
//
// LOG is where a log serves its files (checkpoint, tile/...): a directory, or the prefix of URLs,
// where entries are asked for with the API key in the environment's LEDGER_KEY. The directory KEPT,
// LOG itself if it is not named, may hold what an outsider has kept or been handed: checkpoints/*
// (older signed checkpoints), proofs/*.tlog-proof and requests/* (bodies of tlog-witness
// add-checkpoint). It prints one line and exits 0 if all of it holds together, else it says what
// does not and exits 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A source returns the file at a path under the log's prefix.
type source func(path string) ([]byte, error)

// A log is what has been verified so far.
type log struct {
	read      source
	kept      string
	verifiers note.Verifiers
	head      tlog.Tree
	origin    string
	hashes    tlog.HashReader
	bundles   map[int64][][]byte
}

// A counter says how much was checked; nothing checked is nothing proved.
type counter struct {
	entries, inclusions, consistencies, proofs, requests, rejected int
}

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: ledger-verify LOG VKEY [KEPT]")
		os.Exit(2)
	}
	read, kept := directory(os.Args[1]), os.Args[1]
	if strings.HasPrefix(os.Args[1], "http://") || strings.HasPrefix(os.Args[1], "https://") {
		read, kept = server(os.Args[1]), ""
	}
	if len(os.Args) == 4 {
		kept = os.Args[3]
	}
	count, head, err := verify(read, os.Args[2], kept)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ledger-verify:", err)
		os.Exit(1)
	}
	fmt.Printf("ok size=%d root=%v entries=%d inclusions=%d consistencies=%d proofs=%d "+
		"requests=%d spoiled-and-rejected=%d\n", head.N, head.Hash, count.entries,
		count.inclusions, count.consistencies, count.proofs, count.requests, count.rejected)
}

// directory reads the files of a log from a disk.
func directory(dir string) source {
	return func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	}
}

// server fetches the files of a log, and expects the headers of tlog-tiles.
func server(prefix string) source {
	client := &http.Client{
		Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	return func(path string) ([]byte, error) {
		request, err := http.NewRequest("GET", prefix+"/"+path, nil)
		if err != nil {
			return nil, err
		}
		kind, cache := "application/octet-stream", "immutable"
		if path == "checkpoint" {
			kind, cache = "text/plain; charset=utf-8", "max-age="
		}
		if strings.HasPrefix(path, "tile/entries/") {
			request.Header.Set("Authorization", "Bearer "+os.Getenv("LEDGER_KEY"))
		}
		answer, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode != 200 {
			return nil, fmt.Errorf("%s: %s", path, answer.Status)
		}
		if found := answer.Header.Get("Content-Type"); found != kind {
			return nil, fmt.Errorf("%s: Content-Type %s", path, found)
		}
		if found := answer.Header.Get("Cache-Control"); !strings.Contains(found, cache) {
			return nil, fmt.Errorf("%s: Cache-Control %s", path, found)
		}
		return body, nil
	}
}

func verify(read source, vkey, kept string) (count counter, head tlog.Tree, err error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return count, head, err
	}
	l := &log{
		read: read, kept: kept, verifiers: note.VerifierList(verifier),
		bundles: map[int64][][]byte{},
	}
	data, err := read("checkpoint")
	if err != nil {
		return count, head, err
	}
	if l.origin, l.head, err = l.open(data); err != nil {
		return count, head, fmt.Errorf("checkpoint: %w", err)
	}
	// This reader checks the tiles it is given against the signed root; Debian's version leaves out
	// some of a call's tiles, which is why checkEntries also rebuilds the root from the entries.
	l.hashes = tlog.TileHashReader(l.head, tiles{read})
	steps := []func(*counter) error{
		l.checkRoot, l.checkEntries, l.checkCheckpoints, l.checkProofs, l.checkRequests,
	}
	for _, step := range steps {
		if err := step(&count); err != nil {
			return count, l.head, err
		}
	}
	return count, l.head, nil
}

// open verifies a signed checkpoint and reads its three lines.
func (l *log) open(data []byte) (origin string, tree tlog.Tree, err error) {
	n, err := note.Open(data, l.verifiers)
	if err != nil {
		return "", tree, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return "", tree, fmt.Errorf("a checkpoint has three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return "", tree, err
	}
	root, err := tlog.ParseHash(lines[2])
	return lines[0], tlog.Tree{N: size, Hash: root}, err
}

// checkRoot rebuilds the root from the tiles of the right edge.
func (l *log) checkRoot(*counter) error {
	root, err := tlog.TreeHash(l.head.N, l.hashes)
	if err != nil {
		return err
	}
	if root != l.head.Hash {
		return fmt.Errorf("tiles have root %v, the checkpoint has %v", root, l.head.Hash)
	}
	return nil
}

// checkEntries hashes every served entry, compares it with its tile, rebuilds the root from all of
// them, and makes an inclusion proof from the tiles for some two hundred.
func (l *log) checkEntries(count *counter) error {
	step := l.head.N/200 + 1
	var stored []tlog.Hash
	rebuilt := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for first := int64(0); first < l.head.N; first += 256 {
		entries, err := l.bundle(first / 256)
		if err != nil {
			return err
		}
		indexes := make([]int64, len(entries))
		for i := range entries {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		hashes, err := l.hashes.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != hashes[i] {
				return fmt.Errorf("entry %d does not hash to its leaf", first+int64(i))
			}
			nodes, err := tlog.StoredHashes(first+int64(i), entry, rebuilt)
			if err != nil {
				return err
			}
			stored = append(stored, nodes...)
			count.entries++
		}
	}
	if int64(count.entries) != l.head.N {
		return fmt.Errorf("%d entries are served of %d", count.entries, l.head.N)
	}
	root, err := tlog.TreeHash(l.head.N, rebuilt)
	if err != nil {
		return err
	}
	if root != l.head.Hash {
		return fmt.Errorf("entries have root %v, the checkpoint has %v", root, l.head.Hash)
	}
	for index := int64(0); index < l.head.N; index += step {
		proof, err := tlog.ProveRecord(l.head.N, index, l.hashes)
		if err != nil {
			return err
		}
		if err := l.checkInclusion(l.head, index, proof, count); err != nil {
			return err
		}
		count.inclusions++
	}
	return nil
}

// checkInclusion verifies a proof for a served entry, and that no spoiled form of it passes.
func (l *log) checkInclusion(
	tree tlog.Tree, index int64, proof tlog.RecordProof, count *counter,
) error {
	if index < 0 || index >= tree.N {
		return fmt.Errorf("entry %d is not in a tree of %d", index, tree.N)
	}
	entries, err := l.bundle(index / 256)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash(entries[index%256])
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	for i := range proof {
		spoiled := append(tlog.RecordProof{}, proof...)
		spoiled[i][index%32] ^= 1
		if tlog.CheckRecord(spoiled, tree.N, tree.Hash, index, leaf) == nil {
			return fmt.Errorf("entry %d: a spoiled proof passes", index)
		}
		count.rejected++
	}
	return nil
}

// checkCheckpoints proves from the tiles that the log extends every older signed checkpoint.
func (l *log) checkCheckpoints(count *counter) error {
	return l.each("checkpoints", func(name string, data []byte) error {
		origin, old, err := l.open(data)
		if err != nil {
			return err
		}
		if origin != l.origin {
			return fmt.Errorf("it is of another log: %s", origin)
		}
		proof, err := tlog.ProveTree(l.head.N, old.N, l.hashes)
		if err != nil {
			return err
		}
		count.consistencies++
		return l.checkConsistency(old, proof, count)
	})
}

// checkConsistency verifies a proof, and that no spoiled form of it passes.
func (l *log) checkConsistency(old tlog.Tree, proof tlog.TreeProof, count *counter) error {
	if err := tlog.CheckTree(proof, l.head.N, l.head.Hash, old.N, old.Hash); err != nil {
		return err
	}
	for i := range proof {
		spoiled := append(tlog.TreeProof{}, proof...)
		spoiled[i][old.N%32] ^= 1
		if tlog.CheckTree(spoiled, l.head.N, l.head.Hash, old.N, old.Hash) == nil {
			return fmt.Errorf("a spoiled proof passes")
		}
		count.rejected++
	}
	return nil
}

// checkProofs verifies the tlog-proof files that Heed made itself.
func (l *log) checkProofs(count *counter) error {
	return l.each("proofs", func(name string, data []byte) error {
		lines, checkpoint, err := head(data)
		if err != nil {
			return err
		}
		if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
			return fmt.Errorf("it does not start as a tlog-proof")
		}
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		if err != nil {
			return err
		}
		tree, err := l.earlier(checkpoint)
		if err != nil {
			return err
		}
		path, err := parseHashes(lines[2:])
		if err != nil {
			return err
		}
		count.proofs++
		return l.checkInclusion(tree, index, path, count)
	})
}

// checkRequests verifies the consistency proofs that Heed made itself for witnesses.
func (l *log) checkRequests(count *counter) error {
	return l.each("requests", func(name string, data []byte) error {
		lines, checkpoint, err := head(data)
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
		if err != nil {
			return err
		}
		if err := l.isHead(checkpoint); err != nil {
			return err
		}
		path, err := parseHashes(lines[1:])
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(size, l.hashes)
		if err != nil {
			return err
		}
		count.requests++
		return l.checkConsistency(tlog.Tree{N: size, Hash: root}, tlog.TreeProof(path), count)
	})
}

// earlier verifies a signed checkpoint that a file carries: of this log, and a head it has had.
func (l *log) earlier(data []byte) (tree tlog.Tree, err error) {
	origin, tree, err := l.open(data)
	if err != nil {
		return tree, err
	}
	if origin != l.origin || tree.N > l.head.N {
		return tree, fmt.Errorf("it carries a checkpoint of %s over %d", origin, tree.N)
	}
	root, err := tlog.TreeHash(tree.N, l.hashes)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("the log did not have the root of the checkpoint it carries")
	}
	return tree, err
}

// isHead says whether a signed checkpoint is the one under test.
func (l *log) isHead(data []byte) error {
	origin, tree, err := l.open(data)
	if err == nil && (origin != l.origin || tree != l.head) {
		err = fmt.Errorf("it carries another checkpoint")
	}
	return err
}

// each calls f for every file of a sub-directory of what was kept; a missing one has no files.
func (l *log) each(sub string, f func(name string, data []byte) error) error {
	if l.kept == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(l.kept, sub, "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := f(name, data); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// bundle reads the entries below a tile of level 0: uint16 length, bytes.
func (l *log) bundle(n int64) ([][]byte, error) {
	if entries, ok := l.bundles[n]; ok {
		return entries, nil
	}
	width := l.head.N - n*256
	if width > 256 {
		width = 256
	}
	data, err := l.read("tile/entries/" + position(n, int(width)))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) >= 2 {
		size := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+size {
			return nil, fmt.Errorf("entry bundle %d is cut short", n)
		}
		entries = append(entries, data[2:2+size])
		data = data[2+size:]
	}
	if len(data) != 0 || int64(len(entries)) != width {
		return nil, fmt.Errorf("entry bundle %d has %d entries, not %d", n, len(entries), width)
	}
	l.bundles[n] = entries
	return entries, nil
}

// tiles reads tiles from where tlog-tiles puts them, which is not where sumdb does: the path
// names no height, as that is always eight.
type tiles struct{ read source }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(list))
	for i, tile := range list {
		bytes, err := t.read("tile/" + strconv.Itoa(tile.L) + "/" + position(tile.N, tile.W))
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// position is <N>[.p/<W>]: groups of three digits, all but the last behind an x.
func position(n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 256 {
		path += ".p/" + strconv.Itoa(width)
	}
	return path
}

// head parts the lines before the first blank line from the checkpoint behind it.
func head(data []byte) (lines []string, checkpoint []byte, err error) {
	parts := bytes.SplitN(data, []byte("\n\n"), 2)
	if len(parts) != 2 {
		return nil, nil, fmt.Errorf("it has no blank line")
	}
	return strings.Split(string(parts[0]), "\n"), parts[1], nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		bytes, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(bytes) != tlog.HashSize {
			return nil, fmt.Errorf("line %q is not a hash", line)
		}
		copy(hashes[i][:], bytes)
	}
	return hashes, nil
}
