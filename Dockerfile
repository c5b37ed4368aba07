# One image, dashboard and worker: docker build -t min-max-laboratory . && docker run -p 127.0.0.1:8501:8501 min-max-laboratory
FROM python:3.11-slim

# Package index of torch and torchvision. Empty means the usual one, whose Linux build contains CUDA and makes an image
# of 8.8 GB; pytorch.org names one with CPU builds, which are much smaller.
ARG TORCH_INDEX=""

RUN useradd --create-home --uid 1000 lab
WORKDIR /lab
COPY requirements.txt .
RUN grep -E "^torch(vision)?==" requirements.txt > torch.txt \
    && pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r torch.txt \
    && pip install --no-cache-dir -r requirements.txt
COPY engine engine
COPY dashboard dashboard
# Outside /lab/checkpoints, where a bind mount or an older volume would hide them.
COPY checkpoints/shipped /opt/min-max-laboratory/shipped
ENV MINMAX_SHIPPED=/opt/min-max-laboratory/shipped
# Everything that is written later lies in the volumes, so that the image also runs with --read-only, and as any user.
RUN mkdir -p checkpoints data && chmod 1777 checkpoints data
ENV HOME=/tmp
USER lab
VOLUME ["/lab/checkpoints", "/lab/data"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# The address is that of the container; publish it on 127.0.0.1 as above, since whoever reaches it can launch runs.
CMD ["python", "-m", "dashboard", "--address", "0.0.0.0", "--allow-remote"]
