#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Which files are opened, tried or met through a link, when a mesh names others: seen by strace, for
# every reader that follows names and every trick to get out of the mesh's folder. Whatever a harmless
# mesh opens (libraries, the machine's description) may be opened; else only the mesh's folder and
# the output.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null; then
    echo "skipped: no strace"
    exit 77
fi
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" # LeakSanitizer does not work under strace
importer=$(dirname "$fmorph")/fm-import
png=$work/pixel.png
# One red pixel, as every picture here.
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82' >"$png"
triangle='v 0 0 0
v 1 0 0
v 0 1 0
vt 0 0
usemtl skin
f 1/1 2/1 3/1'
corners=AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA # three corners, base 64
count=0
checkers='\#^/tmp/tsan[.]rodata[.][0-9]+$#d' # what ThreadSanitizer itself writes

# folder KIND: ./in with what the tricks need, and its like outside. The ending of the file in $x.
folder() {
    case $1 in
    library) x=mtl ;;
    buffer) x=bin ;;
    *) x=png ;;
    esac
    rm -rf in "outside.$x" out
    mkdir -p in/sub
    case $x in
    png) cp "$png" outside.png ;;
    mtl) printf 'newmtl skin\nmap_Kd inside.png\n' >outside.mtl ;;
    bin) head -c 36 /dev/zero >outside.bin ;;
    esac
    cp "$png" in/inside.png
    ln -s "../outside.$x" "in/link.$x"
    ln -s "$work/outside.$x" "in/far.$x"
    ln -s "loop.$x" "in/loop.$x"
    ln -s nowhere "in/dangling.$x"
    ln -s .. in/up
    mkfifo "in/fifo.$x"
}

# json TEXT: TEXT inside quotes.
json() {
    local text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    printf %s "${text//$'\n'/\\n}"
}

gltf_head='{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}]'
gltf_views='"accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3"},{"bufferView":0,"componentType":5126,"count":3,"type":"VEC2"}],"bufferViews":[{"buffer":0,"byteLength":36}]'
gltf_image() { # NAME, further members of the buffer
    printf '%s,"meshes":[{"primitives":[{"attributes":{"POSITION":0,"TEXCOORD_0":1},"material":0}]}],%s,"buffers":[{"byteLength":36%s}],"images":[{"uri":"%s"}],"textures":[{"source":0}],"materials":[{"pbrMetallicRoughness":{"baseColorTexture":{"index":0}}}]}' \
        "$gltf_head" "$gltf_views" "$2" "$(json "$1")"
}

# number VALUE: four bytes, the lowest first.
number() {
    local byte text=
    for byte in 0 8 16 24; do
        text+=$(printf '\\x%02x' $(($1 >> byte & 255)))
    done
    printf %b "$text"
}

# mesh KIND NAME: a mesh in ./in that names NAME; its path in $file.
mesh() {
    local text
    case $1 in
    library)
        file=in/x.obj
        printf 'mtllib %s\n%s\n' "$2" "$triangle" >$file
        ;;
    texture)
        file=in/x.obj
        printf 'newmtl skin\nmap_Kd %s\n' "$2" >in/x.mtl
        printf 'mtllib x.mtl\n%s\n' "$triangle" >$file
        ;;
    buffer)
        file=in/x.gltf
        printf '%s,"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],%s,"buffers":[{"byteLength":36,"uri":"%s"}]}' \
            "$gltf_head" "$gltf_views" "$(json "$2")" >$file
        ;;
    image)
        file=in/x.gltf
        gltf_image "$2" ",\"uri\":\"data:application/octet-stream;base64,$corners\"" >$file
        ;;
    glb)
        file=in/x.glb
        text=$(gltf_image "$2" "")
        while [ $((${#text} % 4)) -ne 0 ]; do text+=' '; done
        {
            printf 'glTF' && number 2 && number $((12 + 8 + ${#text} + 8 + 36))
            number ${#text} && printf 'JSON%s' "$text" && number 36 && printf 'BIN\0'
            printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\0'
        } >$file
        ;;
    fbx)
        file=in/x.fbx
        cat >$file <<FBX
; FBX 7.4.0 project file
FBXHeaderExtension:  {
 FBXVersion: 7400
}
Objects:  {
 Geometry: 10, "Geometry::m", "Mesh" {
  Vertices: *9 {
   a: 0,0,0,1,0,0,1,1,0
  }
  PolygonVertexIndex: *3 {
   a: 0,1,-3
  }
  LayerElementUV: 0 {
   MappingInformationType: "ByPolygonVertex"
   ReferenceInformationType: "IndexToDirect"
   UV: *2 {
    a: 0,0
   }
   UVIndex: *3 {
    a: 0,0,0
   }
  }
  LayerElementMaterial: 0 {
   MappingInformationType: "AllSame"
   ReferenceInformationType: "IndexToDirect"
   Materials: *1 {
    a: 0
   }
  }
  Layer: 0 {
   LayerElement:  {
    Type: "LayerElementUV"
    TypedIndex: 0
   }
   LayerElement:  {
    Type: "LayerElementMaterial"
    TypedIndex: 0
   }
  }
 }
 Model: 20, "Model::m", "Mesh" {
  Version: 232
 }
 Material: 30, "Material::skin", "" {
  ShadingModel: "phong"
 }
 Texture: 40, "Texture::t", "" {
  FileName: "$2"
  RelativeFilename: "$2"
 }
}
Connections:  {
 C: "OO",20,0
 C: "OO",10,20
 C: "OO",30,20
 C: "OP",40,30, "DiffuseColor"
}
FBX
        ;;
    esac
}

# opened: every path of the trace that was asked for or arrived at, process numbers taken out.
opened() {
    {
        sed -nE 's/^[0-9]+ +(open|creat)\("([^"]*)".*/\2/p' trace
        sed -nE 's/^[0-9]+ +openat2?\(AT_FDCWD(<[^>]*>)?, "([^"]*)".*/\2/p' trace
        sed -nE 's/^[0-9]+ +openat2?\([0-9]+<([^>]*)>, "([^"\/][^"]*)".*/\1\/\2/p' trace
        sed -nE 's/^[0-9]+ +openat2?\([0-9]+<[^>]*>, "(\/[^"]*)".*/\1/p' trace
        sed -nE 's/^[0-9]+ +(open|openat|openat2|creat)\(.* = [0-9]+<(\/[^>]*)>.*/\2/p' trace
    } | sed -E "s#^$work/##; s#/proc/[0-9]+/#/proc/PID/#; $checkers" | sort -u
}

# traced COMMAND..: runs it under strace; sockets are seen as well.
traced() {
    strace -f -y -s 9000 -o trace -e trace=open,openat,openat2,creat,socket,connect "$@" >"$out" 2>"$err" </dev/null
    code=$?
    [ -s trace ] || complain "no trace of: $*"
}

# import: reads $file as the programs do.
import() {
    traced "$importer" "$file" 3>answer 4>log
}

# allowed PATH: in the mesh's folder, the output, or what a harmless mesh opens.
allowed() {
    case $1 in
    *..* | in/link.* | in/far.* | in/up/* | in/loop.* | in/dangling.*) return 1 ;;
    in | in/* | out | out/*) return 0 ;;
    esac
    grep -qxF -e "$1" usual
}

judge() { # WHAT
    local path
    count=$((count + 1))
    while IFS= read -r path; do
        allowed "$path" || complain "$1: opened or tried $path"
    done < <(opened)
    ! grep -qE 'socket\(|connect\(' trace || complain "$1: a socket: $(grep -E 'socket\(|connect\(' trace | head -n 1)"
}

# ---- what a harmless mesh opens
: >usual
for kind in library texture buffer image glb fbx; do
    folder $kind
    mesh $kind "sub/none.$x"
    import
    opened | grep -vE '^in($|/)' >>usual
done
sort -u -o usual usual
while IFS= read -r path; do
    case $path in
    /lib/* | /lib64/* | /usr/* | /etc/ld.so.* | /sys/* | /proc/* | /dev/null | "$FM_BUILD_DIR" | "$FM_BUILD_DIR"/*) ;;
    "$work") ;; # the folder above, whose name is followed
    *) complain "a harmless mesh opens $path" ;;
    esac
done <usual

# ---- the tricks
long=$(head -c 5000 /dev/zero | tr '\0' x)
tricks() { # one a line; X stands for the ending, W for the folder
    cat <<'T'
../outside.X
../../../../../../../../../../etc/passwd
/etc/passwd
W/outside.X
..\outside.X
..\..\..\..\..\..\etc\passwd
C:\secret\outside.X
C:/secret/outside.X
\\server\share\outside.X
//server/share/outside.X
file:///etc/passwd
file://localhostW/outside.X
FILE:///etc/passwd
http://127.0.0.1:9/outside.X
https://example.org/outside.X
%2e%2e%2foutside.X
..%2foutside.X
..%5coutside.X
%2fetc%2fpasswd
./.././outside.X
sub/../../outside.X
....//outside.X
link.X
far.X
up/outside.X
up/up/../outside.X
loop.X
dangling.X
fifo.X
sub
.
/proc/self/environ
/proc/self/root/etc/passwd
/proc/self/cwd/outside.X
/dev/zero
~/outside.X
$HOME/outside.X
`touch pwned`.X
data:text/plain;base64,AAAA
T
}
ntricks=$(tricks | wc -l)
[ "$ntricks" -ge 20 ] || complain "only $ntricks tricks"
for kind in library texture buffer image glb fbx; do
    folder $kind
    while IFS= read -r trick; do
        trick=${trick//X/$x}
        mesh $kind "${trick//W/$work}"
        import
        judge "$kind $trick"
    done < <(tricks && echo "$long")
    if [[ $kind = image || $kind = buffer ]]; then
        mesh $kind $'sub\n../outside.'"$x"
        import
        judge "$kind with a line feed"
    fi
done
[ ! -e pwned ] || complain "a name was run as a command"

# A hard link is a file of the folder like any other: it is used.
folder texture
ln outside.png in/hard.png
mesh texture hard.png
import
judge "hard link"

# ---- the programs themselves: what the importer hands over makes nobody else open anything
folder texture
mesh texture sub/none.png
traced "$fmorph" morph in/x.obj in/x.obj --device ref --minimal --frames 2 --size 16 -o out
opened | grep -vE '^(in|out)($|/)' | sort -u -o usual - usual
for trick in ../outside.png /etc/passwd file:///etc/passwd link.png up/outside.png; do
    for kind in texture fbx image; do
        folder $kind
        mesh $kind "$trick"
        traced "$fmorph" morph "$file" "$file" --device ref --minimal --frames 2 --size 16 -o out
        [ "$code" -eq 0 ] || complain "fmorph $kind $trick: exit $code: $(cat "$err")"
        judge "fmorph $kind $trick"
    done
done

# The guard bites: a texture that the user names is opened, and seen.
mesh texture ../outside.png
traced "$fmorph" morph in/x.obj in/x.obj --texture-a outside.png --device ref --minimal --frames 2 --size 16 -o out2
opened >seen
grep -qx outside.png seen || complain "the trace does not show a file that was opened"
echo "$ntricks tricks, $count cases"
finish
